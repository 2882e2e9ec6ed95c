import { CodedError } from '../../interface/errors.ts'

/** Text for a person as a value: the prompt prints it as it is. */
export class Words {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A failure in one line, with its code where it has one. */
export function describeFailure(error: unknown): string {
  if (error instanceof CodedError) return `${error.message} [${error.code}]`
  if (!isErrorLike(error)) return `thrown: ${String(error)}`

  return `${error.name}: ${error.message}`
}

/** Also of an error of the prompt's own realm. */
function isErrorLike(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'message' in value && 'name' in value
}
