import { MAGNITUDES, SIGN } from './projection.ts'

/**
 * The bytes that several authors have at one place of their logs, with the magnitudes above the `trim` largest cut down
 * to the next: whoever shouts counts as much as the loudest of the rest. Fewer than 2 * trim + 1 stay as they are.
 *
 * A function of the set of bytes alone, so replicas that hold the same logs agree, in whatever order these came.
 *
 * @param trim - how many authors may shout, as with a trimmed mean
 */
export function trimmed(bytes: readonly number[], trim: number): number[] {
  if (trim === 0 || bytes.length <= 2 * trim) return [...bytes]
  const magnitudes = bytes.map((byte) => byte & MAGNITUDES).sort((a, b) => b - a)
  const most = magnitudes[trim]!

  return bytes.map((byte) => {
    if ((byte & MAGNITUDES) <= most) return byte

    return most === 0 ? 0 : (byte & SIGN) | most
  })
}
