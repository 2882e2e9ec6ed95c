import type { ModelRef, Peer } from '../interface/network.ts'
import type { Attacker, Audience } from './attacker.ts'
import type { ModelPost } from './model-post.ts'

export interface OfferingInit {
  post: ModelPost
  /** The model that an honest node sends, shape (dim); left alone while receivers are added. */
  params: Float32Array
  /** Of these params, where models travel with it; left alone as they are. */
  fisher?: Float32Array | undefined
  /** The model, where it is encoded already. Kept, not copied. */
  encoded?: Uint8Array
  attacker: Attacker | undefined
  audience: Audience
  /** Everyone that may send to a peer. */
  hears: (peer: Peer) => readonly Peer[]
}

/** A model on offer to some peers: one for all, or what a Byzantine node has for each. */
export class Offering {
  readonly #init: OfferingInit
  readonly #common: ModelRef
  /** For those that have one of their own. */
  readonly #single = new Map<Peer, ModelRef>()

  constructor(init: OfferingInit) {
    const { post, params, fisher, encoded, attacker, audience } = init
    const sent = attacker === undefined || attacker.perTarget ? params : attacker.forge(params, audience)
    this.#init = init
    this.#common = encoded !== undefined && sent === params ? post.offerEncoded(encoded) : post.offer(sent, fisher)
  }

  /** What a peer with no model of its own is offered. */
  get common(): ModelRef {
    return this.#common
  }

  refFor(peer: Peer): ModelRef {
    const { attacker } = this.#init
    if (attacker?.perTarget !== true) return this.#common

    return this.#single.get(peer) ?? this.#offerTo(peer, attacker)
  }

  /** As often as it was offered, and no more. */
  withdraw(): void {
    for (const ref of [this.#common, ...this.#single.values()]) this.#init.post.withdraw(ref)
    this.#single.clear()
  }

  #offerTo(peer: Peer, attacker: Attacker): ModelRef {
    const { post, params, fisher, audience, hears } = this.#init
    const forged = attacker.forge(params, audience, { peer, hears: hears(peer) })
    if (forged === params) return this.#common

    const ref = post.offer(forged, fisher)
    this.#single.set(peer, ref)

    return ref
  }
}
