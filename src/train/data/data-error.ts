import { CodedError, type ErrorDetails } from '../../interface/errors.ts'

export type DataErrorCode =
  /** No file or folder where one should be. */
  | 'ERR_DATA_NOT_FOUND'
  /** The file is there but can't be read: permissions, damaged gzip, too large, not UTF-8. */
  | 'ERR_DATA_UNREADABLE'
  /** Not the format it should be. */
  | 'ERR_DATA_FORMAT'
  /** Shorter or longer than its own header says. */
  | 'ERR_DATA_LENGTH'
  /** Two files, or two parts of one, contradict each other. */
  | 'ERR_DATA_MISMATCH'
  /** A label that can't be a class. */
  | 'ERR_DATA_LABEL'
  /** A cell that can't be a feature. */
  | 'ERR_DATA_VALUE'
  /** Too few examples to train and test on. */
  | 'ERR_DATA_TOO_FEW'

/** Where it happened, what is wrong there, and what to do about it. */
export interface DataProblem {
  /** File, with line and column where there are any. */
  where: string
  problem: string
  remedy: string
  details?: ErrorDetails
  cause?: unknown
}

/** Data can't be used. The message is one sentence a user can act on. */
export class DataError extends CodedError<DataErrorCode> {
  constructor(code: DataErrorCode, { where, problem, remedy, details = {}, cause }: DataProblem) {
    super(code, `${where}: ${problem}. ${remedy}`, { where, ...details }, cause === undefined ? {} : { cause })
  }
}
