import { awakeSeconds, type Finding, type Life } from '../life.ts'

/** An open wait as the node itself describes it. */
export interface OpenWait {
  readonly what: string
  readonly deadlineInSeconds: number
}

/** What came of asking a node how it stands. Times are seconds of the run. */
export interface Look {
  readonly askedSeconds: number
  readonly answeredSeconds: number
  readonly waits: readonly OpenWait[]
  /** Why there was no answer. */
  readonly failure?: string
  /** How long, since {@link RECOVERY_SECONDS} before it was asked, the node or we had no processor. */
  readonly starvedSeconds: number
}

/** A node whose event loop turns answers sooner, if it has a processor. */
export const ANSWER_SECONDS = 10
/** So long after its deadline a wait is over, if the node has a processor. */
export const LATE_SECONDS = 5
/** After it was stopped a process needs a moment to find that deadlines have passed. */
export const RECOVERY_SECONDS = 10

/** The node answers, and whatever it waits for has a name and a deadline that is not long past. */
export function judgeLook(life: Life, look: Look): Finding[] {
  const { askedSeconds, answeredSeconds, waits, failure, starvedSeconds } = look
  if (life.order !== undefined || life.end !== undefined) return []
  if (
    awakeSeconds(life, askedSeconds - RECOVERY_SECONDS, answeredSeconds) <
    answeredSeconds - askedSeconds + RECOVERY_SECONDS
  )
    return []

  const broken = (promise: 'answers' | 'waits', text: string): Finding[] => [
    { promise, by: life, text: `in second ${askedSeconds.toFixed(0)} it ${text}` }
  ]
  if (failure !== undefined && starvedSeconds < ANSWER_SECONDS) return broken('answers', `did not answer: ${failure}`)
  const seconds = answeredSeconds - askedSeconds
  if (seconds > ANSWER_SECONDS + starvedSeconds) {
    return broken(
      'answers',
      `answered after ${seconds.toFixed(0)} s, ${starvedSeconds.toFixed(0)} s of it without a processor`
    )
  }

  return waits.flatMap(({ what, deadlineInSeconds }) => {
    if (what.trim() === '') return broken('waits', 'waits without a reason')
    if (!Number.isFinite(deadlineInSeconds)) return broken('waits', `waits for ${what} without a deadline`)
    if (deadlineInSeconds >= -LATE_SECONDS - starvedSeconds) return []
    return broken('waits', `waits for ${what}, ${(-deadlineInSeconds).toFixed(0)} s after its deadline`)
  })
}
