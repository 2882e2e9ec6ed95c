import type { Finding, Life } from '../life.ts'

/** From a request to stop to the end of the process, on a busy machine. */
export const STOP_SECONDS = 30
/** From its start to being ready: many start at once. */
export const READY_SECONDS = 120

/** A daemon gets ready, ends only when told to, then soon and with exit code 0. */
export function judgeEnding(life: Life, nowSeconds: number): Finding[] {
  const text = whatIsWrong(life, nowSeconds)

  return text === undefined ? [] : [{ promise: 'endings', by: life, text }]
}

function whatIsWrong({ bornSeconds, readySeconds, order, end }: Life, nowSeconds: number): string | undefined {
  const readyAfter = (readySeconds ?? order?.seconds ?? nowSeconds) - bornSeconds
  if (order === undefined && end !== undefined) return `ended by itself: ${howItEnded(end)}`
  if (readyAfter > READY_SECONDS) return `was not ready for ${readyAfter.toFixed(0)} s`
  if (order === undefined) return undefined
  const took = (end?.seconds ?? nowSeconds) - order.seconds
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
