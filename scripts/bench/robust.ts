/**
 * Times every robust rule, and what rules are made of, as a multiple of copying the same vectors once, in one thread:
 * copy and rule take turns, and the figure is the median of the ratios of neighbours in time.
 *
 * `npm run bench -- robust [--n N] [--dim N] [--rounds N] [--only NAME]`
 */
import { parseArgs } from 'node:util'
import { type Case, copyOf, randomInputs } from './robust-inputs.ts'
import { kernelCases } from './robust-kernels.ts'
import { ruleCases } from './robust-rules.ts'
import { interleavedPairs } from './stats.ts'

const WIDTH = 27

function head(what: string): string {
  return `\n${what.padEnd(WIDTH)}       ms     copy   copies   target`
}

async function row({ label, target, run }: Case, copy: () => void, pairs: number): Promise<string> {
  const { aMs, bMs, ratio } = await interleavedPairs(run, copy, { pairs })
  const numbers = [aMs.toFixed(1), bMs.toFixed(1), ratio.toFixed(2), target?.toFixed(1) ?? '-']
  const verdict = target === undefined ? '' : ratio <= target ? '  met' : '  missed'

  return `${label.padEnd(WIDTH)}${numbers.map((text) => text.padStart(9)).join('')}${verdict}`
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      n: { type: 'string', default: '20' },
      dim: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '15' },
      only: { type: 'string', multiple: true }
    }
  })
  const [n, dim, rounds] = [Number(values.n), Number(values.dim), Number(values.rounds)]
  const inputs = randomInputs(n, dim)
  const copy = copyOf(inputs.vectors)
  const isWanted = ({ label }: Case): boolean => values.only?.includes(label) ?? true

  console.log(`${n} vectors of ${dim}, one thread, medians of ${rounds} pairs`)
  for (const [what, cases] of Object.entries({ rule: ruleCases(inputs), kernel: kernelCases(inputs) })) {
    const wanted = cases.filter(isWanted)
    if (wanted.length > 0) console.log(head(what))
    for (const entry of wanted) console.log(await row(entry, copy, rounds))
  }
}
