import { awakeSeconds, type Finding, type Life } from '../life.ts'

/** Longer than any deadline for a peer that is stuck, on a machine that runs all the daemons at once. */
export const STALL_SECONDS = 60

/** The longest time in which a process that was ready, and not stopped, came no further. */
export function longestStall(life: Life, nowSeconds: number): { fromSeconds: number; seconds: number } {
  const { readySeconds, growth, order, end } = life
  const untilSeconds = Math.min(order?.seconds ?? nowSeconds, end?.seconds ?? nowSeconds)
  if (readySeconds === undefined) return { fromSeconds: untilSeconds, seconds: 0 }

  let longest = { fromSeconds: readySeconds, seconds: 0 }
  let fromSeconds = readySeconds
  for (const seconds of [...growth.map((each) => each.seconds), untilSeconds]) {
    const stall = awakeSeconds(life, fromSeconds, seconds)
    if (stall > longest.seconds) longest = { fromSeconds, seconds: stall }
    fromSeconds = seconds
  }

  return longest
}

/** Whoever is ready goes on. */
export function judgeRounds(life: Life, nowSeconds: number): Finding[] {
  const { fromSeconds, seconds } = longestStall(life, nowSeconds)
  if (seconds <= STALL_SECONDS) return []
  const round = life.growth.findLast((each) => each.seconds <= fromSeconds)?.round ?? 0

  return [
    {
      promise: 'rounds',
      by: life,
      text: `stood in round ${round} for ${seconds.toFixed(0)} s, from second ${fromSeconds.toFixed(0)} on`
    }
  ]
}
