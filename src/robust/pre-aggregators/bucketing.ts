import { definePreAggregator } from '../rule.ts'

/**
 * Means of groups of `s` updates, grouped at random; the last group may be smaller. Each Byzantine update spoils at most
 * one of the ceil(n / s) means, so the rule after it keeps its f.
 *
 * Source: Karimireddy, He and Jaggi, ICLR 2022, arXiv:2006.09365.
 */
export const bucketing = definePreAggregator({
  summary: 'means of random groups of s updates; leaves ceil(n / s)',
  options: { s: { kind: 'integer', min: 1, default: 2, help: 'updates a group' } },
  minRows: () => 1,
  rowsOut: (n, { s }) => Math.ceil(n / s),
  rowsIn: (out, { s }) => (out - 1) * s + 1,
  needsRng: true,
  mix: (rows, { s }, rng) => {
    const { count: n, size } = rows
    const order = rng!.shuffle(Array.from({ length: n }, (_, i) => i))
    const count = Math.ceil(n / s)
    const weights = new Float64Array(count * size)
    for (let group = 0; group < count; group++) {
      const members = order.slice(group * s, (group + 1) * s)
      for (const member of members) weights[group * size + member] = 1 / members.length
    }

    return { weights, count, own: undefined }
  }
})
