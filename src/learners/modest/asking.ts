import type { Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { AvailabilityProbe } from '../../sampling/availability.ts'

export interface PingOptions extends AbortOptions {
  /** Called when the first attempt has come to nothing and others follow. */
  onLate?: () => void
}

export interface AskingInit {
  probe: AvailabilityProbe
  /** @returns whether the peer answered */
  ping: (peer: Peer, options: PingOptions) => Promise<boolean>
  /** Ends all pings. */
  signal: AbortSignal | undefined
}

const DECIDED = new Error('the sample is complete')

/** Pings the candidates of a probe until it is decided. */
export class Asking {
  readonly #init: AskingInit
  /** Pings whose answer may still come in time. */
  readonly #hopeful = new Set<AbortController>()
  readonly #decided = Promise.withResolvers<void>()

  constructor(init: AskingInit) {
    this.#init = init
  }

  /** Resolves when the probe is decided. */
  run(): Promise<void> {
    this.#look()

    return this.#decided.promise
  }

  /** Ends the pings that are not needed any more. The late ones go on, so that the dead are known to be dead. */
  end(): void {
    for (const ping of this.#hopeful) ping.abort(DECIDED)
    this.#decided.resolve()
  }

  #look(): void {
    const { probe } = this.#init
    if (probe.done) this.#decided.resolve()
    else for (const peer of probe.takePings()) void this.#ask(peer)
  }

  async #ask(peer: Peer): Promise<void> {
    const { probe, ping, signal: outer } = this.#init
    const unneeded = new AbortController()
    this.#hopeful.add(unneeded)
    const signal = outer === undefined ? unneeded.signal : AbortSignal.any([unneeded.signal, outer])
    const onLate = (): void => {
      this.#hopeful.delete(unneeded)
      // another takes its place; a late answer counts as long as nothing is decided
      probe.timedOut(peer)
      this.#look()
    }
    const answers = await ping(peer, { signal, onLate })
    this.#hopeful.delete(unneeded)
    if (answers) probe.answered(peer)
    else probe.timedOut(peer)
    this.#look()
  }
}
