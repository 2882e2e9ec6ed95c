import type { Finding, Life } from '../life.ts'
import { judgedSamples, samplesIn } from './memory.ts'

/** A newcomer has a connection or two, and a file may be open for a moment; what leaks at each reconnection is soon more. */
const SLACK = 8

/** There is a moment late in a life with hardly more open descriptors than early in it. */
export function judgeDescriptors(life: Life): Finding[] {
  const samples = judgedSamples(life)
  if (samples.length === 0) return []
  const early = samplesIn(samples, 1)
    .toSorted((a, b) => total(a) - total(b))
    .at(-1)!
  const late = samplesIn(samples, 4).toSorted((a, b) => total(a) - total(b))[0]!
  if (total(late) <= total(early) + SLACK) return []
  const text = ({ sockets, files }: typeof late): string => `${sockets} sockets and ${files} files`

  return [
    {
      promise: 'descriptors',
      by: life,
      text: `${text(late)} open at the least in its last fifth, ${text(early)} at the most in its second`
    }
  ]
}

function total({ sockets, files }: { sockets: number; files: number }): number {
  return sockets + files
}
