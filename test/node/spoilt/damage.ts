/** Ways in which a file comes to have other bytes than were written, each over every part of it. */
export interface Damage {
  readonly id: string
  /** A few versions of the whole file, damaged. */
  readonly of: (whole: Buffer) => Generator<Buffer>
}

const RANGES = 16

/** Stretches that cover the file, from its first byte to its last. */
function* ranges({ length }: Buffer): Generator<[number, number]> {
  const size = Math.max(1, Math.ceil(length / RANGES))
  for (let from = 0; from < length; from += size) yield [from, Math.min(length, from + size)]
}

export const DAMAGES: readonly Damage[] = [
  {
    id: 'a bit flipped',
    *of(whole) {
      for (const [from, to] of ranges(whole)) {
        for (const at of new Set([from, to - 1])) {
          const copy = Buffer.from(whole)
          copy[at]! ^= 1 << (at % 8)
          yield copy
        }
      }
    }
  },
  {
    id: 'cut off',
    *of(whole) {
      for (const [from] of ranges(whole)) yield whole.subarray(0, from)
      yield whole.subarray(0, whole.length - 1)
    }
  },
  {
    id: 'zeros',
    *of(whole) {
      for (const [from, to] of ranges(whole)) {
        const copy = Buffer.from(whole).fill(0, from, to)
        if (!copy.equals(whole)) yield copy
      }
      yield Buffer.alloc(whole.length)
    }
  },
  {
    id: 'garbage',
    *of(whole) {
      for (const [from, to] of ranges(whole)) {
        const copy = Buffer.from(whole)
        for (let at = from; at < to; at++) copy[at] = (copy[at]! + 1 + ((at * 37) % 254)) & 0xff
        yield copy
      }
      yield Buffer.from('something else altogether, as long as any file of ours\n'.repeat(20))
    }
  }
]
