import { BoundedMap } from './bounded-map.ts'

export interface TokenBucketInit {
  perSecond: number
  /** Tokens of a full bucket. */
  burst: number
  /** Buckets kept; a peer whose bucket was dropped starts with a full one. */
  maxPeers: number
}

interface Bucket {
  tokens: number
  atMs: number
}

/** A token bucket for each peer: limits how often it may do something. */
export class TokenBuckets {
  readonly #init: TokenBucketInit
  readonly #buckets: BoundedMap<string, Bucket>

  constructor(init: TokenBucketInit) {
    this.#init = init
    this.#buckets = new BoundedMap(init.maxPeers)
  }

  /** Takes a token of `peer`; false when it has none left. */
  take(peer: string, nowMs: number): boolean {
    const { perSecond, burst } = this.#init
    const bucket = this.#buckets.get(peer) ?? { tokens: burst, atMs: nowMs }

    const refilled = bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000
    bucket.tokens = Math.min(burst, refilled)
    bucket.atMs = nowMs
    this.#buckets.set(peer, bucket)
    if (bucket.tokens < 1) return false

    bucket.tokens--
    return true
  }
}
