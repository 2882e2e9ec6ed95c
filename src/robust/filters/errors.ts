import { CodedError } from '../../interface/errors.ts'

/** A filter can't take up what it was given as its state: it is as it was. */
export class FilterStateError extends CodedError<'ERR_FILTER_STATE'> {
  constructor(problem: string, details: Record<string, string | number> = {}) {
    super('ERR_FILTER_STATE', `state of a filter: ${problem}`, details)
  }
}
