import { createHash } from 'node:crypto'
import type { Term } from '../../src/spsa/accumulator.ts'

const MASK = 0xffff_ffffn

/** Philox4x32-10 of the paper, in big integers. */
function philox(counter: bigint, key: readonly [bigint, bigint]): readonly bigint[] {
  let [x0, x1, x2, x3] = [counter, 0n, 0n, 0n]
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [p, q] = [x0 * 0xd251_1f53n, x2 * 0xcd9e_8d57n]
    ;[x0, x1, x2, x3] = [(q >> 32n) ^ x1 ^ k0, q & MASK, (p >> 32n) ^ x3 ^ k1, p & MASK]
    k0 = (k0 + 0x9e37_79b9n) & MASK
    k1 = (k1 + 0xbb67_ae85n) & MASK
  }

  return [x0, x1, x2, x3]
}

/** The sum that a set of projections leads to, one parameter at a time: shares nothing with the source but the definition. */
export function naiveState(dim: number, terms: readonly Term[]): Int32Array {
  const acc = new Int32Array(dim)
  for (const { key, coefficient } of terms) {
    for (let i = 0; i < dim; i++) {
      const [block, word, bit, lane] = [i >> 9, (i >> 7) & 3, (i >> 2) & 31, i & 3]
      const random = philox(BigInt(4 * block + lane), [BigInt(key.key0), BigInt(key.key1)])[word]!
      const sign = (random >> BigInt(31 - bit)) & 1n ? -1 : 1
      acc[i] = acc[i]! + sign * coefficient
    }
  }

  return acc
}

export function naiveHash(acc: Int32Array): string {
  const bytes = Buffer.alloc(4 * acc.length)
  for (const [i, value] of acc.entries()) bytes.writeInt32LE(value, 4 * i)

  return createHash('sha256').update(bytes).digest('hex')
}
