import { CodedError } from '../interface/errors.ts'

export type AggregationErrorCode =
  | 'ERR_TOO_FEW_UPDATES'
  | 'ERR_TOO_MANY_SUBSETS'
  | 'ERR_UPDATE_NOT_FINITE'
  | 'ERR_UPDATES_DIM'
  | 'ERR_OWN_UPDATE'
  | 'ERR_START_VECTOR'
  | 'ERR_MIXING_WEIGHTS'
  | 'ERR_LOSSES_MISSING'

/** Updates in hand can't be aggregated. Nothing was written. */
export class AggregationError extends CodedError<AggregationErrorCode> {}
