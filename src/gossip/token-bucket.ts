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

/** A token bucket for each peer, or whoever else: limits how often it may do something, or how much of it. */
export class TokenBuckets {
  readonly #init: TokenBucketInit
  readonly #buckets: BoundedMap<string, Bucket>

  constructor(init: TokenBucketInit) {
    this.#init = init
    this.#buckets = new BoundedMap(init.maxPeers)
  }

  /** Takes a token of `peer`, or as many as it costs; false when it has not enough left, and keeps what it has. */
  take(peer: string, nowMs: number, cost = 1): boolean {
    const { perSecond, burst } = this.#init
    const bucket = this.#buckets.get(peer) ?? { tokens: burst, atMs: nowMs }

    const refilled = bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000
    bucket.tokens = Math.min(burst, refilled)
    bucket.atMs = nowMs
    this.#buckets.set(peer, bucket)
    if (bucket.tokens < cost) return false

    bucket.tokens -= cost
    return true
  }

  /** Whether a token could be taken. */
  has(peer: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(peer)

    return bucket === undefined || bucket.tokens + ((nowMs - bucket.atMs) * this.#init.perSecond) / 1000 >= 1
  }

  /** Gives a token back: what it was taken for has turned out to be worth it. */
  giveBack(peer: string): void {
    const bucket = this.#buckets.get(peer)
    if (bucket !== undefined) bucket.tokens = Math.min(this.#init.burst, bucket.tokens + 1)
  }
}
