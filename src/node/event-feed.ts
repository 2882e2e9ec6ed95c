import type { Unsubscribe } from '../interface/network.ts'
import type { NodeEvent, NodeEventSink } from './events.ts'

/** Hands each event of a node to whoever listens at the moment. */
export class EventFeed {
  readonly #listeners = new Set<NodeEventSink>()

  /** How many listen. */
  get size(): number {
    return this.#listeners.size
  }

  on(listener: NodeEventSink): Unsubscribe {
    // one function may listen twice
    const own: NodeEventSink = (event) => listener(event)
    this.#listeners.add(own)

    return () => this.#listeners.delete(own)
  }

  readonly emit: NodeEventSink = (event: NodeEvent): void => {
    for (const listener of [...this.#listeners]) listener(event)
  }
}
