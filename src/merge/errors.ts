import { CodedError } from '../interface/errors.ts'

export type MergeErrorCode = 'ERR_UPDATES_DIM' | 'ERR_FISHER_MISSING' | 'ERR_FISHER_VALUE'

/** What was handed over can't be merged. Nothing was written. */
export class MergeError extends CodedError<MergeErrorCode> {}
