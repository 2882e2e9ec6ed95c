import type { Peer } from '../../interface/network.ts'
import type { WaitSpec } from '../../interface/waits.ts'
import { type ModelNotice, NO_DIGEST } from '../../wire/notice-codec.ts'
import type { Offering } from '../offering.ts'
import { type FedAvgSession, offerModel } from './session.ts'

/** Peers that fetch the final model at a time: they share the server's uplink. */
const WAVE = 16
/** Whoever does not hear of it takes the server for lost. */
const ATTEMPTS = 6
/**
 * The server lingers so much longer than others: a peer notices a transfer that was lost after 15 s, and begins again;
 * when the server has left, the peer has lost the run.
 */
const LINGERS = 3

/** Gives the final model to every connected peer, some at a time. */
export class HandOut {
  readonly #session: FedAvgSession
  readonly #round: number
  readonly #offering: Offering
  /** Who is being told, or fetching. */
  readonly #busy = new Set<Peer>()
  readonly #served = new Set<Peer>()
  /** Who did not want it or could not get it, and is not waited for. */
  readonly #failed = new Set<Peer>()

  constructor(session: FedAvgSession, round: number, params: Float32Array) {
    this.#session = session
    this.#round = round
    this.#offering = offerModel(session, round, { params })
  }

  /** Ends when every connected peer has the model or can't be given it, or for long none has got it. */
  async run(options: { signal: AbortSignal }): Promise<void> {
    const { changes, init } = this.#session
    this.#serveNext()
    for (;;) {
      const settled = this.#served.size + this.#failed.size
      const from = this.#missing()
      const spec = {
        kind: 'peers' as const,
        what: `${from.length} peers to take the final model`,
        from,
        timeoutMs: LINGERS * init.lingerMs
      }
      if (await changes.until(() => this.#missing().length === 0, spec, options)) return
      if (this.#served.size + this.#failed.size > settled) continue

      this.#session.emit({ event: 'wait:expired', what: spec.what, from: this.#missing() })
      return
    }
  }

  /** It has the model. */
  onServed(peer: Peer): void {
    this.#served.add(peer)
    this.#session.changes.notify()
  }

  /** It is here, after all, and does not know. */
  onAsked(peer: Peer): void {
    this.#failed.delete(peer)
    this.#serveNext()
  }

  /** When it comes back it may be a new process, that has nothing. */
  onDisconnected(peer: Peer): void {
    this.#served.delete(peer)
    this.#failed.delete(peer)
    this.#session.changes.notify()
  }

  #missing(): Peer[] {
    return this.#session.parts.network.peers().filter((peer) => !this.#served.has(peer) && !this.#failed.has(peer))
  }

  #serveNext(): void {
    const waiting = this.#missing().filter((peer) => !this.#busy.has(peer))
    for (const peer of waiting.slice(0, Math.max(0, WAVE - this.#busy.size))) {
      this.#busy.add(peer)
      this.#session.tasks.spawn((signal) => this.#serve(peer, signal))
    }
  }

  async #serve(peer: Peer, signal: AbortSignal): Promise<void> {
    const { changes, init } = this.#session
    try {
      const spec: WaitSpec = {
        kind: 'peers',
        what: 'a peer to fetch the final model',
        from: [peer],
        timeoutMs: LINGERS * init.lingerMs
      }
      const { taken } = await this.#session.tell(
        peer,
        this.#notice(peer),
        'a peer to hear of the final model',
        ATTEMPTS,
        {
          signal
        }
      )
      if (taken) await changes.until(() => this.#served.has(peer) || !this.#isConnected(peer), spec, { signal })
    } catch (error) {
      this.#session.forgive(error, signal)
    } finally {
      this.#busy.delete(peer)
      if (!this.#served.has(peer) && this.#isConnected(peer)) this.#failed.add(peer)
      changes.notify()
      if (!signal.aborted) this.#serveNext()
    }
  }

  #isConnected(peer: Peer): boolean {
    return this.#session.parts.network.peers().includes(peer)
  }

  #notice(peer: Peer): ModelNotice {
    const examples = this.#session.parts.trainer.exampleCount
    const ref = this.#offering.refFor(peer)

    return { kind: 'final', round: this.#round, ref, examples, members: [], digest: NO_DIGEST }
  }
}
