import { type Life, newLife } from '../../../scripts/soak/life.ts'

const MB = 1e6

/** A process of node 3, born at second 0 and ready at second 10, with what a test says of it. */
export function lifeWith(about: Partial<Life> = {}): Life {
  return { ...newLife(3, 4711, 0), readySeconds: 10, ...about }
}

export interface SampledInit {
  /** Since it was ready. */
  seconds: number
  megabytes: (second: number) => number
  descriptors?: (second: number) => number
}

/** One sample a second. */
export function sampled({ seconds, megabytes, descriptors = () => 40 }: SampledInit): Life {
  const samples = Array.from({ length: seconds + 1 }, (_, second) => ({
    seconds: second + 10,
    rssBytes: megabytes(second) * MB,
    sockets: descriptors(second) - 28,
    files: 28,
    starvedSeconds: 0
  }))

  return lifeWith({
    samples,
    growth: [
      { seconds: 11, round: 1 },
      { seconds: 12, round: 500 }
    ]
  })
}
