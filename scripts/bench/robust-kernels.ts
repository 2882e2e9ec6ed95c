import type { ColumnRule } from '../../src/interface/vectors.ts'
import type { Case, Inputs } from './robust-inputs.ts'

/** What rules are made of. Targets: what the rules that use it have room for. */
export function kernelCases({ heap, vectors, outs }: Inputs): Case[] {
  const [n, dim] = [vectors.length, vectors[0]!.length]
  const out = heap.allocate(dim)
  const reference = heap.allocate(dim)
  const gram = new Float64Array(n * n)
  const weights = new Float64Array(n * n).fill(1 / n)
  const f = Math.floor((n - 1) / 5) // of 20, three are dropped at either end
  const columns = (rule: ColumnRule) => () => heap.columnsInto(out, vectors, rule)

  return [
    { label: 'one weighted sum', target: 2.5, run: () => heap.weightedSumInto(out, vectors, weights.subarray(0, n)) },
    {
      label: 'distances to one',
      target: 1.5,
      run: () => {
        for (const vector of vectors) heap.squaredDistance(vector, reference)
      }
    },
    { label: 'Gram matrix', target: 11, run: () => heap.gramInto(gram, vectors, reference) },
    { label: 'n weighted sums', target: 12, run: () => heap.weightedSumsInto(outs, vectors, weights) },
    { label: 'columns: median', target: 13, run: columns({ kind: 'median' }) },
    { label: 'columns: trimmed mean', target: 13, run: columns({ kind: 'trimmed-mean', trim: f }) },
    { label: 'columns: near-median mean', target: 22, run: columns({ kind: 'near-median', keep: n - f }) }
  ]
}
