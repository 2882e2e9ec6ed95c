import { CodedError } from '../../interface/errors.ts'
import type { Unsubscribe } from '../../interface/network.ts'
import type { EventFeed } from '../event-feed.ts'
import type { NodeEvent } from '../events.ts'

export interface SubscriptionsInit {
  feed: EventFeed
  /** More than anybody looks at. */
  most: number
  /** Is there room for one more event? */
  hasRoom: () => boolean
  send: (method: 'event' | 'dropped', params: object) => void
}

interface Subscription {
  readonly unsubscribe: Unsubscribe
  /** Events left out and not yet told of. */
  dropped: number
}

/** The streams of events of one connection. One that reads too slowly misses some, and is told how many. */
export class Subscriptions {
  readonly #init: SubscriptionsInit
  readonly #open = new Map<number, Subscription>()
  #nextId = 1

  constructor(init: SubscriptionsInit) {
    this.#init = init
  }

  /**
   * @param events - names; all when there are none
   * @throws {CodedError} ERR_CONTROL_BUSY
   */
  add(events: readonly string[]): number {
    if (this.#open.size >= this.#init.most) {
      throw new CodedError('ERR_CONTROL_BUSY', `this connection has ${this.#init.most} subscriptions already`)
    }
    const id = this.#nextId++
    const wanted = new Set(events)
    const unsubscribe = this.#init.feed.on((event) => {
      if (wanted.size === 0 || wanted.has(event.event)) this.#pass(id, event)
    })
    this.#open.set(id, { unsubscribe, dropped: 0 })

    return id
  }

  /** @throws {CodedError} ERR_CONTROL_PARAMS when there is no such subscription */
  remove(id: number): void {
    const subscription = this.#open.get(id)
    if (subscription === undefined) throw new CodedError('ERR_CONTROL_PARAMS', `no subscription ${id}`)

    subscription.unsubscribe()
    this.#open.delete(id)
  }

  /** The client has read what was waiting for it. */
  onRoom(): void {
    for (const [id, subscription] of this.#open) this.#tellDropped(id, subscription)
  }

  clear(): void {
    for (const id of this.#open.keys()) this.remove(id)
  }

  #pass(id: number, event: NodeEvent): void {
    const subscription = this.#open.get(id)
    if (subscription === undefined) return
    if (!this.#init.hasRoom()) {
      subscription.dropped++
      return
    }
    this.#tellDropped(id, subscription)
    this.#init.send('event', { subscription: id, at: new Date().toISOString(), event })
  }

  #tellDropped(id: number, subscription: Subscription): void {
    if (subscription.dropped === 0) return

    const { dropped: events } = subscription
    subscription.dropped = 0
    this.#init.send('dropped', { subscription: id, events })
  }
}
