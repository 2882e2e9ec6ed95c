import { CodedError, type ErrorDetails } from './errors.ts'

export type CheckpointErrorCode =
  | 'ERR_CHECKPOINT_DIM'
  | 'ERR_CHECKPOINT_FOREIGN'
  | 'ERR_CHECKPOINT_FORMAT'
  | 'ERR_CHECKPOINT_HASH'
  | 'ERR_CHECKPOINT_NONE'
  | 'ERR_CHECKPOINT_STATE'
  | 'ERR_CHECKPOINT_TORN'
  | 'ERR_CHECKPOINT_UNREADABLE'
  | 'ERR_CHECKPOINT_UNWRITABLE'
  | 'ERR_CHECKPOINT_VERSION'

/** What a node kept of an earlier life can't be used, or what it has now can't be kept. */
export class CheckpointError extends CodedError<CheckpointErrorCode> {
  constructor(code: CheckpointErrorCode, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(code, message, details, options)
  }
}
