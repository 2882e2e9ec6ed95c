import { type Finding, type Life, starvedBetween } from '../life.ts'

/** From a request to stop to the end of the process, as far as it has a processor. */
export const STOP_SECONDS = 30
/** From its start to being ready, as far as it has a processor. */
export const READY_SECONDS = 60

/** A daemon gets ready, ends only when told to, then soon and with exit code 0. */
export function judgeEnding(life: Life, nowSeconds: number): Finding[] {
  const text = whatIsWrong(life, nowSeconds)

  return text === undefined ? [] : [{ promise: 'endings', by: life, text }]
}

function whatIsWrong(life: Life, nowSeconds: number): string | undefined {
  const { bornSeconds, readySeconds, order, end } = life
  const readyAt = readySeconds ?? order?.seconds ?? nowSeconds
  const readyAfter = readyAt - bornSeconds - starvedBetween(life, bornSeconds, readyAt)
  if (order === undefined && end !== undefined) return `ended by itself: ${howItEnded(end)}`
  if (readyAfter > READY_SECONDS) return `was not ready for ${readyAfter.toFixed(0)} s`
  if (order === undefined) return undefined
  const endAt = end?.seconds ?? nowSeconds
  const took = endAt - order.seconds - starvedBetween(life, order.seconds, endAt)
  if (took > STOP_SECONDS) return `took ${took.toFixed(0)} s to end after ${SIGNAL[order.kind]}`
  // the system ends a process that has not yet said what it does with the signal
  const isClean = end?.code === 0 || (readySeconds === undefined && end?.signal === 'SIGTERM')
  if (order.kind === 'leave' && end !== undefined && !isClean) return `was asked to stop: ${howItEnded(end)}`

  return undefined
}

const SIGNAL = { crash: 'SIGKILL', leave: 'SIGTERM' } as const

function howItEnded({ code, signal }: NonNullable<Life['end']>): string {
  return signal === null ? `exit code ${code}` : `killed by ${signal}`
}
