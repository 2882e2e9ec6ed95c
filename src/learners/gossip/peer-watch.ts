import type { Clock } from '../../interface/clock.ts'
import type { Network, Peer } from '../../interface/network.ts'
import type { AnnouncedPhase } from '../../wire/announcement-codec.ts'

/** So many usual periods without a word, and a peer is not waited for any more. */
const SILENT_PERIODS = 10
/** But not sooner: a machine that starts eight nodes is busy with other things. */
const MIN_SILENT_MS = 5_000

interface Sighting {
  phase: AnnouncedPhase
  heardMs: number
}

/**
 * What connected peers are doing, by their announcements: who is worth
 * waiting for. A peer that connected and has said nothing yet counts as
 * training, for a while.
 */
export class PeerWatch {
  readonly #network: Network
  readonly #clock: Clock
  /** Connected peers only: bounded by the network's limit of connections. */
  readonly #seen = new Map<Peer, Sighting>()
  /** How long peers usually take from one model to the next. */
  periodMs = 0

  constructor({ network, clock }: { network: Network; clock: Clock }) {
    this.#network = network
    this.#clock = clock
  }

  heard(peer: Peer, phase: AnnouncedPhase): void {
    this.#seen.set(peer, { phase, heardMs: this.#clock.now() })
  }

  forget(peer: Peer): void {
    this.#seen.delete(peer)
  }

  /** Connected peers that models can still be expected from, of all or of some; sorted. */
  active(among?: readonly Peer[]): Peer[] {
    return this.#peers((phase) => phase !== 'done', among)
  }

  /** Connected peers that still train. */
  training(): Peer[] {
    return this.#peers((phase) => phase === 'train')
  }

  #peers(wanted: (phase: AnnouncedPhase) => boolean, among?: readonly Peer[]): Peer[] {
    const now = this.#clock.now()
    const silentMs = Math.max(MIN_SILENT_MS, SILENT_PERIODS * this.periodMs)
    const connected = this.#network.peers()
    const candidates = among?.filter((peer) => connected.includes(peer)).sort() ?? connected

    return candidates.filter((peer) => {
      const seen = this.#seen.get(peer) ?? { phase: 'train', heardMs: now }
      this.#seen.set(peer, seen)

      return wanted(seen.phase) && now - seen.heardMs < silentMs
    })
  }
}
