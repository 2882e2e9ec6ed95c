import { InvalidConfigError } from '../interface/errors.ts'

/** How long a message takes from one node to another, its transmission apart. */
export type LatencySpec =
  | { kind: 'constant'; ms: number }
  | { kind: 'uniform'; minMs: number; maxMs: number }
  /** By order of first joining: row sends to column. More nodes than rows start again at the first. */
  | { kind: 'matrix'; ms: readonly (readonly number[])[] }
  /** Pairs differ, messages jitter, and about one in a hundred takes several times as long. */
  | { kind: 'long-tail'; medianMs: number }

/** `Infinity` is allowed. */
export interface Bandwidth {
  /** Bytes a second. */
  up: number
  down: number
}

export interface LinkSpec {
  latency: LatencySpec
  /** Of each node. */
  bytesPerSecond: Bandwidth
  /** Fraction of messages that never arrive. */
  loss: number
  /** Fraction of messages that arrive twice. */
  duplication: number
  /** Fraction of messages that take several more latencies. */
  reordering: number
  /** After this long a vanished peer counts as disconnected. */
  detectMs: number
}

const BITS_PER_BYTE = 8
const MEGABIT = 1e6

/** Home connections around the world, all in order. A vanished peer is noticed by an unanswered ping. */
export const DEFAULT_LINKS: LinkSpec = Object.freeze({
  latency: Object.freeze({ kind: 'long-tail', medianMs: 60 } as const),
  bytesPerSecond: Object.freeze({ up: (50 * MEGABIT) / BITS_PER_BYTE, down: (50 * MEGABIT) / BITS_PER_BYTE }),
  loss: 0,
  duplication: 0,
  reordering: 0,
  detectMs: 15_000
})

/** An hour: longer is a mistake in the unit. */
const MAX_LATENCY_MS = 3_600_000
const LATENCY_FORMS = 'constant:50, uniform:20-200, long-tail:60 (milliseconds) or matrix:FILE'

/**
 * @param matrixText - what is in the file of `matrix:FILE`
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID for anything but the four forms
 */
export function parseLatency(text: string, matrixText?: string): LatencySpec {
  const [, kind, rest] = /^([a-z-]+):(.+)$/.exec(text) ?? []
  const [, low, high] = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(rest ?? '') ?? []
  const isRange = low !== undefined && high !== undefined
  const isNumber = low !== undefined && high === undefined

  if (kind === 'matrix' && matrixText !== undefined) return parseLatencyMatrix(matrixText, rest)
  if (kind === 'constant' && isNumber) return { kind, ms: checkedMs(text, low) }
  if (kind === 'long-tail' && isNumber && Number(low) > 0) return { kind, medianMs: checkedMs(text, low) }
  if (kind === 'uniform' && isRange && Number(low) <= Number(high)) {
    return { kind, minMs: checkedMs(text, low), maxMs: checkedMs(text, high) }
  }

  throw new InvalidConfigError(`latency "${text}": expected ${LATENCY_FORMS}`)
}

/** The file that `matrix:FILE` names, or undefined for the other forms: read it, and hand {@link parseLatency} its text. */
export function latencyFile(text: string): string | undefined {
  return /^matrix:(.+)$/.exec(text)?.[1]
}

/**
 * Milliseconds, a line for each sender, separated by spaces or commas; `#` starts a comment.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseLatencyMatrix(text: string, name = 'the latency matrix'): LatencySpec {
  const rows = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line) => line.split(/[\s,]+/).map((cell) => checkedMs(name, cell)))
  if (rows.length === 0 || rows.some((row) => row.length !== rows.length)) {
    throw new InvalidConfigError(`${name}: expected as many numbers in each line as there are lines`)
  }

  return { kind: 'matrix', ms: rows }
}

function checkedMs(text: string, cell: string): number {
  const ms = Number(cell)
  if (!(ms >= 0 && ms <= MAX_LATENCY_MS)) {
    throw new InvalidConfigError(`latency "${text}": "${cell}" is not from 0 to ${MAX_LATENCY_MS} milliseconds`)
  }

  return ms
}

const BIT_UNITS: Readonly<Record<string, number>> = { kbit: 1e3, Mbit: MEGABIT, Gbit: 1e9 }

/**
 * Bits a second, as providers count them: `50Mbit`, `1Gbit`, up before down `5Mbit/50Mbit`, `unlimited`.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseBandwidth(text: string): Bandwidth {
  const rates = text.split('/').map(parseRate)
  const [up, down] = rates.length === 1 ? [rates[0], rates[0]] : rates
  if (up === undefined || down === undefined || rates.length > 2) {
    throw new InvalidConfigError(`bandwidth "${text}": expected 50Mbit, 1Gbit, 5Mbit/50Mbit (up/down) or unlimited`)
  }

  return { up, down }
}

function parseRate(text: string): number | undefined {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY

  const [, digits, unit] = /^(\d+(?:\.\d+)?)(kbit|Mbit|Gbit)$/.exec(text) ?? []
  const rate = (Number(digits) * (BIT_UNITS[unit ?? ''] ?? 0)) / BITS_PER_BYTE

  return rate > 0 ? rate : undefined
}
