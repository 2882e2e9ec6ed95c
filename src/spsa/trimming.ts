/** What a byte says of magnitude. */
const MAGNITUDE = 0x7f
const SIGN = 0x80

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
  const magnitudes = bytes.map((byte) => byte & MAGNITUDE).sort((a, b) => b - a)
  const most = magnitudes[trim]!

  return bytes.map((byte) => {
    if ((byte & MAGNITUDE) <= most) return byte

    return most === 0 ? 0 : (byte & SIGN) | most
  })
}
