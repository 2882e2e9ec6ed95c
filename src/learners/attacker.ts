import type { Peer } from '../interface/network.ts'
import type { VectorMath } from '../interface/vectors.ts'
import type { Attack, AttackKnowledge, AttackTarget } from '../robust/attacks/registry.ts'
import { type KnownModel, KnownModels, type ModelSource } from './known-models.ts'

/** Peers whose models are remembered: each costs a model of memory. */
const MAX_KNOWN = 64

export interface AttackerInit {
  attack: Attack
  vectors: VectorMath
  dim: number
  /** Byzantine nodes in the swarm, this one included. */
  attackers: number
  /** The others of them, where it knows their names: what they send is not taken for an honest model. */
  accomplices?: readonly Peer[]
  /** All honest models of the moment, where a simulation grants it that; those that it received when absent. */
  honest?: ModelSource
}

/** What a node knows of those that a model goes to. */
export interface Audience {
  round: number
  /** Nodes that send to one receiver in a round, itself included. */
  n: number
  /** Nodes that there are, this one included. */
  members: number
}

/** One receiver, for attacks that have a vector of their own for each. */
export interface Receiver {
  peer: Peer
  /** Everyone that may send to it: its neighbours in a graph, this node among them; or anybody. */
  hears: readonly Peer[]
}

/**
 * What makes a node Byzantine: it takes part as every node does, trains, merges and evaluates, but sends what its attack
 * makes of the model that it should send.
 *
 * It knows what a real attacker would: the newest model received of each peer, and how many others are Byzantine.
 */
export class Attacker {
  readonly #init: AttackerInit
  readonly #received: KnownModels
  readonly #accomplices: ReadonlySet<Peer>
  #forged: Float32Array | undefined

  constructor(init: AttackerInit) {
    const { vectors, accomplices = [] } = init
    this.#init = init
    this.#accomplices = new Set(accomplices)
    this.#received = new KnownModels({ vectors, maxPeers: MAX_KNOWN })
  }

  /** Whether it sends each receiver something else: then {@link forge} wants to know to whom. */
  get perTarget(): boolean {
    return this.#init.attack.perTarget
  }

  /** A model came from `peer` that passed the checks, shape (dim). Copied. */
  observe(peer: Peer, params: Float32Array): void {
    const { attack, honest } = this.#init
    if (attack.kind === 'data' || honest !== undefined || this.#accomplices.has(peer)) return

    this.#received.put(peer, params)
  }

  /**
   * What goes out in place of `own`, shape (dim): `own` itself, or memory that the next call writes again. An attack for
   * each receiver sends its own model to one whose model it does not know.
   *
   * @throws {CodedError} ERR_MEMORY_EXHAUSTED
   */
  forge(own: Float32Array, audience: Audience, receiver?: Receiver): Float32Array {
    const { attack, vectors, dim, honest = this.#received } = this.#init
    if (attack.kind === 'data') return own

    const known = honest.models()
    const target = receiver === undefined ? undefined : this.#target(known, audience, receiver)
    if (attack.perTarget && target === undefined) return own

    this.#forged ??= vectors.allocate(dim)
    attack.craftInto(this.#forged, {
      ...this.#knowledge(own, known, audience, honest.newest),
      ...(target === undefined ? {} : { target })
    })

    return this.#forged
  }

  /** Gives the memory back. Idempotent. */
  close(): void {
    this.#received.close()
    if (this.#forged !== undefined) this.#init.vectors.free(this.#forged)
    this.#forged = undefined
  }

  #knowledge(
    own: Float32Array,
    known: readonly KnownModel[],
    audience: Audience,
    newest: Peer | undefined
  ): AttackKnowledge {
    const { round, n } = audience
    const honest = known.map(({ params }) => params)
    const at = known.findIndex(({ peer }) => peer === newest)

    return { own, honest, n, f: this.#expected(audience), round, ...(at < 0 ? {} : { newest: at }) }
  }

  /** How `receiver` mixes, as far as known: all that it hears alike, itself included. */
  #target(known: readonly KnownModel[], audience: Audience, { peer, hears }: Receiver): AttackTarget | undefined {
    const params = known.find((model) => model.peer === peer)?.params
    if (params === undefined) return undefined

    const { n } = audience
    const isHeard = known.map((model) => model.peer !== peer && hears.includes(model.peer))
    const heard = isHeard.filter(Boolean).length
    const byzantine = Math.max(1, this.#byzantineAmong(hears, audience))
    // anybody may send to it, and only so many do: the weight of these is that of all, in equal parts
    const weight = heard === 0 ? 0 : Math.min(1, Math.max(0, n - 1 - byzantine) / heard) / n

    return { params, honestWeights: isHeard.map((is) => (is ? weight : 0)), byzantineWeight: byzantine / n }
  }

  #byzantineAmong(hears: readonly Peer[], audience: Audience): number {
    const isNamed = this.#accomplices.size === this.#init.attackers - 1
    if (!isNamed || hears.length >= audience.n) return this.#expected(audience)

    return 1 + hears.filter((peer) => this.#accomplices.has(peer)).length
  }

  /** Byzantine nodes among those that one honest receiver hears: this one, and of the others as many as usual. */
  #expected({ n, members }: Audience): number {
    const share = (n - 1) / Math.max(1, members - 1)

    return Math.min(Math.max(0, n - 1), Math.max(1, Math.round(this.#init.attackers * share)))
  }
}
