import { CodedError } from '../interface/errors.ts'

/** Largest int32: a sum of +-c is never beyond the sum of |c|. */
export const MAX_MAGNITUDE_SUM = 2 ** 31 - 1

/** The sum of the magnitudes of what is in a state of int32 sums: while it stays in bounds, none of them can overflow. */
export class MagnitudeSum {
  #value = 0

  get value(): number {
    return this.#value
  }

  /**
   * @param by - an integer
   * @throws {CodedError} ERR_ACCUMULATOR_RANGE when that leads out of 0 to 2^31 - 1; nothing has changed then
   */
  add(by: number): void {
    const value = this.#value + by
    if (value < 0) throw outOfRange('more is undone than was applied: undo what was applied, once', by)
    if (!(value <= MAX_MAGNITUDE_SUM)) {
      throw outOfRange('more than the integers can hold: raise `nodes` in the job, which makes each smaller', by)
    }
    this.#value = value
  }

  /** @throws {CodedError} ERR_ACCUMULATOR_RANGE, as {@link add} */
  set(value: number): void {
    this.add(value - this.#value)
  }
}

function outOfRange(message: string, by: number): CodedError<'ERR_ACCUMULATOR_RANGE'> {
  return new CodedError('ERR_ACCUMULATOR_RANGE', message, { by })
}

/**
 * The sum of |c|.
 * @throws {RangeError} for a coefficient that is no int32, or is -2^31
 */
export function magnitudeOf(terms: readonly { readonly coefficient: number }[]): number {
  let sum = 0
  for (const { coefficient } of terms) {
    if (!Number.isInteger(coefficient) || Math.abs(coefficient) > MAX_MAGNITUDE_SUM) {
      throw new RangeError(`coefficient ${coefficient} is no integer of 31 bits and a sign`)
    }
    sum += Math.abs(coefficient)
  }

  return sum
}
