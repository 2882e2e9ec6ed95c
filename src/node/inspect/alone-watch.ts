import { type WaitRegister, type WaitSpec, WaitTimeoutError } from '../../interface/waits.ts'

/** How it stands with the addresses that a node knows. */
export interface DialStanding {
  /** Addresses known. */
  readonly known: number
  /** Until the next of them is tried; 0 when one is being tried. */
  readonly nextMs: number
}

export interface AloneWatchInit {
  waits: WaitRegister
  /** Connected peers. */
  peers: () => number
  standing: () => DialStanding
}

/** A wait like others has an end; this one begins anew. */
const DAY_MS = 86_400_000

/** Puts it down as a wait when a node knows others and reaches none of them: each single dial is over in seconds. */
export class AloneWatch {
  readonly #init: AloneWatchInit
  #over: (() => void) | undefined

  constructor(init: AloneWatchInit) {
    this.#init = init
  }

  /** Call it every second or so. */
  look(): void {
    const isAlone = this.#init.peers() === 0 && this.#init.standing().known > 0
    if (!isAlone) this.stop()
    else if (this.#over === undefined) this.#begin()
  }

  stop(): void {
    this.#over?.()
    this.#over = undefined
  }

  #begin(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#over = resolve
    const spec: WaitSpec = { kind: 'back-off', what: () => this.#what(), from: [], timeoutMs: DAY_MS }
    this.#init.waits
      .run(spec, () => promise)
      .catch((error: unknown) => {
        if (!(error instanceof WaitTimeoutError)) throw error
        this.#over = undefined
      })
  }

  #what(): string {
    const { known, nextMs } = this.#init.standing()
    const addresses = known === 1 ? 'the one address known' : `any of ${known} addresses known`
    const next = nextMs <= 0 ? 'one is being tried' : `the next is tried in ${Math.ceil(nextMs / 1000)} s`

    return `a peer at ${addresses}: nobody is connected, ${next}`
  }
}
