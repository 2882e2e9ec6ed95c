import { RejectedError } from '../../interface/errors.ts'
import type { Network, Peer } from '../../interface/network.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { KnownModel, ModelSource } from '../../learners/known-models.ts'
import { decodeModelInto, encodedModelBytes } from '../../wire/model-codec.ts'

interface Post extends KnownModel {
  /** Waits to be decoded. */
  encoded: Uint8Array | undefined
  /** Nothing that it offered has been a model yet. */
  isBlank: boolean
}

/**
 * The newest model that each honest node has put on offer: what attackers see that see everything, as most papers have
 * it. No real one could.
 *
 * Keeps what was encoded, and decodes it when somebody looks, once for all attackers. Takes a vector for each node.
 */
export class ModelBoard implements ModelSource {
  readonly #vectors: VectorMath
  readonly #order: ReadonlyMap<Peer, number>
  /** In the order of the nodes. */
  readonly #posts: Post[] = []
  /** Of one model, to decode to: one that is spoilt leaves the last one whole. */
  #draft: Float32Array | undefined
  #newest: Peer | undefined

  /** @param peers - all nodes, in order */
  constructor({ vectors, peers }: { vectors: VectorMath; peers: readonly Peer[] }) {
    this.#vectors = vectors
    this.#order = new Map(peers.map((peer, index) => [peer, index]))
  }

  get newest(): Peer | undefined {
    return this.#newest
  }

  /** The same network; models of length `dim` that a node offers there are put on the board. */
  watch(network: Network, dim: number): Network {
    return {
      self: network.self,
      peers: () => network.peers(),
      traffic: () => network.traffic(),
      publish: (topic, bytes) => network.publish(topic, bytes),
      subscribe: (topic, handler) => network.subscribe(topic, handler),
      send: (to, protocol, bytes, options) => network.send(to, protocol, bytes, options),
      request: (to, protocol, bytes, options) => network.request(to, protocol, bytes, options),
      handle: (protocol, handlers) => network.handle(protocol, handlers),
      offer: (encoded) => {
        this.#put(network.self, encoded, dim)
        return network.offer(encoded)
      },
      withdraw: (hash) => network.withdraw(hash),
      pull: (from, ref, options) => network.pull(from, ref, options),
      reject: (from, error) => network.reject(from, error),
      on: (event, listener) => network.on(event, listener)
    }
  }

  models(): readonly KnownModel[] {
    for (const post of this.#posts) this.#decode(post)

    return this.#posts.filter(({ isBlank }) => !isBlank)
  }

  /** A node is gone: its model is none of the moment. */
  forget(peer: Peer): void {
    const at = this.#posts.findIndex((post) => post.peer === peer)
    for (const { params } of at < 0 ? [] : this.#posts.splice(at, 1)) this.#vectors.free(params)
  }

  close(): void {
    for (const { params } of this.#posts.splice(0)) this.#vectors.free(params)
    if (this.#draft !== undefined) this.#vectors.free(this.#draft)
    this.#draft = undefined
  }

  /** What peers would refuse is not looked at: the node's last good model stays. */
  #decode(post: Post): void {
    const { encoded, params } = post
    if (encoded === undefined) return

    const dim = params.length
    this.#draft ??= this.#vectors.allocate(dim)
    try {
      // whatever travels with a model comes after it
      decodeModelInto(encoded.subarray(0, encodedModelBytes(dim)), { dim }, this.#draft)
      params.set(this.#draft)
      post.isBlank = false
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error
    } finally {
      post.encoded = undefined
    }
  }

  #put(peer: Peer, encoded: Uint8Array, dim: number): void {
    const post = this.#posts.find((known) => known.peer === peer)
    this.#newest = peer
    if (post !== undefined) {
      post.encoded = encoded
      return
    }
    this.#posts.push({ peer, encoded, params: this.#vectors.allocate(dim), isBlank: true })
    this.#posts.sort((a, b) => this.#order.get(a.peer)! - this.#order.get(b.peer)!)
  }
}
