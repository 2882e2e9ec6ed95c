import type { Network, Peer } from '../../interface/network.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'
import type { Condition } from '../condition.ts'
import { neighbourhood } from './neighbourhood.ts'

/** Of connected peers and others: beyond that, who leaves is forgotten. */
const MAX_STANDINGS = 1024

/** What a peer said of itself last. */
export interface PeerStanding {
  readonly setHash: string
  readonly isFinished: boolean
  readonly neighbourhood: number
}

export interface StandingsInit {
  network: Network
  ledger: Ledger
  changes: Condition
  /** This node writes no more projections. */
  isFinished: () => boolean
}

/** Where this node and its neighbours are: what each has, and whether it is through. */
export class Standings {
  readonly #init: StandingsInit
  /** Of connected peers, and of some that have left when they were through. */
  readonly #standings = new Map<Peer, PeerStanding>()
  /** Set that connected peers were told of last, by who had written all that it would. */
  readonly #told = new Map<Peer, string>()
  /** Of this node. */
  #neighbourhood = 0

  constructor(init: StandingsInit) {
    this.#init = init
  }

  /** Undefined before it has said anything, and of who left before it was through. */
  of(peer: Peer): PeerStanding | undefined {
    return this.#standings.get(peer)
  }

  note(peer: Peer, { setHash, isFinished, neighbourhood: around }: PeerStanding): void {
    const { network, changes } = this.#init
    if (!network.peers().includes(peer)) return
    this.#standings.set(peer, { setHash, isFinished, neighbourhood: around })
    changes.notify()
  }

  /** It may have begun another life. */
  joins(peer: Peer): void {
    this.#standings.delete(peer)
    this.lookAround()
  }

  /** Connected peers are bounded, those that have left are not. */
  leaves(peer: Peer): void {
    this.#told.delete(peer)
    if (this.#standings.get(peer)?.isFinished !== true || this.#standings.size > MAX_STANDINGS) {
      this.#standings.delete(peer)
    }
    this.lookAround()
  }

  lookAround(): void {
    const { network } = this.#init
    this.#neighbourhood = neighbourhood(network.self, network.peers())
  }

  /** What this node says of itself to a peer, which then knows it. */
  tell(peer: Peer): PeerStanding {
    const { network, ledger, isFinished } = this.#init
    const standing = { setHash: ledger.setHash, isFinished: isFinished(), neighbourhood: this.#neighbourhood }
    if (standing.isFinished && network.peers().includes(peer)) this.#told.set(peer, standing.setHash)

    return standing
  }

  /** Connected peers that have not been told that this node is through, and what it has. */
  get untold(): Peer[] {
    const { network, ledger } = this.#init

    return network.peers().filter((peer) => this.#told.get(peer) !== ledger.setHash)
  }

  /** Whether somebody has left who was through, and had the same set as this node has. */
  get hasMet(): boolean {
    const { network, ledger } = this.#init
    const peers = network.peers()
    for (const [peer, { setHash }] of this.#standings) {
      if (setHash === ledger.setHash && !peers.includes(peer)) return true
    }

    return false
  }

  /** Connected peers with other neighbours than this node, as far as is known: there is something to tell them. */
  get differing(): Peer[] {
    return this.#init.network.peers().filter((peer) => this.#standings.get(peer)?.neighbourhood !== this.#neighbourhood)
  }
}
