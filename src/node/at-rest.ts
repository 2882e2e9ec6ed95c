import type { Unsubscribe } from '../interface/network.ts'
import type { Rest, RestVisitor } from '../interface/rest.ts'
import type { AbortOptions } from '../interface/startable.ts'

/** Lets several parts of a node use the rests of its one learner: to checkpoint, to pause, to evaluate when asked. */
export class AtRest {
  readonly #visitors = new Set<RestVisitor>()

  add(visitor: RestVisitor): Unsubscribe {
    this.#visitors.add(visitor)

    return () => this.#visitors.delete(visitor)
  }

  /** Hand this to the learner. One visitor after the other, in the order in which they were added. */
  readonly visit = async (rest: Rest, options: AbortOptions): Promise<void> => {
    for (const visitor of this.#visitors) await visitor(rest, options)
  }
}
