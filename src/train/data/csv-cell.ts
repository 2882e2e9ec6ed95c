import { DataError, type DataErrorCode } from './data-error.ts'

export function isNumber(field: string): boolean {
  return field !== '' && Number.isFinite(Number(field))
}

export function isInteger(field: string): boolean {
  return isNumber(field) && Number.isInteger(Number(field))
}

/** Where a cell is, columns counted from 1. */
export function at(path: string, line: number, column: number): string {
  return `${path}, line ${line}, column ${column + 1}`
}

/** A cell as a message may show it. */
export function shown(field: string): string {
  return JSON.stringify(field.length > 40 ? `${field.slice(0, 40)}...` : field)
}

export function fail(code: DataErrorCode, where: string, problem: string, remedy: string, details = {}): never {
  throw new DataError(code, { where, problem, remedy, details })
}
