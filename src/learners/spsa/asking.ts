import type { Clock } from '../../interface/clock.ts'
import type { Network, Peer } from '../../interface/network.ts'
import type { WaitRegister, WaitSpec } from '../../interface/waits.ts'
import { type DeadlineState, deadlineMs, initDeadline, observePeriod } from '../adaptive-deadline.ts'

/** Of an answer: it comes at once, but lines are slow and machines busy. */
export const ANSWER = { initialMs: 15_000, minMs: 2_000, maxMs: 30_000 }

export interface AskingInit {
  network: Network
  clock: Clock
  waits: WaitRegister
}

export interface Question {
  protocol: string
  message: Uint8Array
  /** For whoever asks what this node waits for. */
  what: string
}

/** Puts questions to peers, under a deadline that follows how long answers take. */
export class Asking {
  readonly #init: AskingInit
  #answer: DeadlineState = initDeadline(ANSWER)

  constructor(init: AskingInit) {
    this.#init = init
  }

  async ask(peer: Peer, { protocol, message, what }: Question, signal: AbortSignal): Promise<Uint8Array> {
    const { network, waits, clock } = this.#init
    const sinceMs = clock.now()
    const request = (within: AbortSignal): Promise<Uint8Array> =>
      network.request(peer, protocol, message, { signal: within })
    const spec: WaitSpec = { kind: 'answer', what, from: [peer], timeoutMs: deadlineMs(this.#answer) }
    const answer = await waits.run(spec, request, { signal })
    this.#answer = observePeriod(this.#answer, clock.now() - sinceMs)

    return answer
  }
}
