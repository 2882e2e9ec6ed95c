import { InvalidConfigError, RejectedError } from '../interface/errors.ts'

/** Magnitudes that a byte can say, in these bits. */
export const MAGNITUDES = 127
/** The bit of what is negative. */
export const SIGN = 0x80
/** Not a byte that exists: zero has one encoding. */
const NEGATIVE_ZERO = 0x80
/** Beyond that the ratio of two steps is above 2, and a byte says little. */
const MAX_SPREAD = 2 ** 128

/** What the magnitudes of projections reach from and to; the job says. */
export interface ProjectionRange {
  readonly lo: number
  readonly hi: number
}

/**
 * Magnitude k is lo * r^k, with r = (hi / lo)^(1/128), from r * lo to hi / r; shape (128). Entry 0 is `lo`, which no
 * byte means.
 *
 * Only products, quotients and square roots in a fixed order: the same doubles on every machine.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID unless 0 < lo < hi, by a factor of at most 2^128
 */
export function magnitudesOf({ lo, hi }: ProjectionRange): Float64Array {
  const ratio = stepRatio({ lo, hi })
  const magnitudes = new Float64Array(MAGNITUDES + 1)
  let magnitude = lo
  for (let k = 0; k <= MAGNITUDES; k++) {
    magnitudes[k] = magnitude
    magnitude *= ratio
  }

  return magnitudes
}

/** From one magnitude to the next; a projection within the range is off by a factor of at most its square root. */
export function stepRatio({ lo, hi }: ProjectionRange): number {
  if (!(lo > 0 && lo < hi && hi / lo <= MAX_SPREAD)) {
    throw new InvalidConfigError(`projections from ${lo} to ${hi}: needs 0 < lo < hi <= 2^128 * lo`, { lo, hi })
  }
  let ratio = hi / lo
  for (let i = 0; i < 7; i++) ratio = Math.sqrt(ratio)

  return ratio
}

/** Every byte but 0x80. */
export function isProjectionByte(byte: number): boolean {
  return Number.isInteger(byte) && byte >= 0 && byte <= 0xff && byte !== NEGATIVE_ZERO
}

/** Where the author's projections become bytes, and anybody's bytes projections. */
export class ProjectionCodec {
  /** Shape (128): entry k for magnitude k. */
  readonly magnitudes: Float64Array
  /** Entry k: from where on k + 1 is nearer than k, on the logarithmic scale. */
  readonly #bounds: Float64Array

  /** @throws {InvalidConfigError} ERR_CONFIG_INVALID for a range that is none */
  constructor(range: ProjectionRange) {
    const half = Math.sqrt(stepRatio(range))
    this.magnitudes = magnitudesOf(range)
    this.#bounds = this.magnitudes.map((magnitude) => magnitude * half)
  }

  /**
   * The nearest magnitude's byte, on the logarithmic scale: bit 7 is the sign, bits 0 to 6 are k. Above the range it is
   * the largest; below half the smallest, and for what is not finite, 0.
   *
   * @param projection - difference of two losses over 2 epsilon
   */
  encode(projection: number): number {
    const size = Math.abs(projection)
    if (!Number.isFinite(projection) || size < this.magnitudes[1]! / 2) return 0

    let low = 1
    let high = MAGNITUDES
    while (low < high) {
      const middle = (low + high) >> 1
      if (size < this.#bounds[middle]!) high = middle
      else low = middle + 1
    }

    return projection < 0 ? SIGN | low : low
  }

  /** @throws {RejectedError} ERR_PROJECTION_BYTE for a byte that stands for none */
  decode(byte: number): number {
    const magnitude = this.magnitudes[magnitudeIndex(byte)]!
    if (byte === 0) return 0

    return isNegative(byte) ? -magnitude : magnitude
  }
}

/**
 * Bits 0 to 6; 0 for zero.
 * @throws {RejectedError} ERR_PROJECTION_BYTE (`penalise`) for a byte that stands for no projection
 */
export function magnitudeIndex(byte: number): number {
  if (!isProjectionByte(byte)) {
    throw new RejectedError('ERR_PROJECTION_BYTE', 'penalise', `${byte} stands for no projection`, { byte })
  }

  return byte & MAGNITUDES
}

export function isNegative(byte: number): boolean {
  return (byte & SIGN) !== 0
}
