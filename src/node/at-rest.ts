import type { Unsubscribe } from '../interface/network.ts'
import type { Rest, RestVisitor } from '../interface/rest.ts'
import type { AbortOptions } from '../interface/startable.ts'

/** Lets several parts of a node use the rests of its one learner: to checkpoint, to pause, to evaluate when asked. */
export class AtRest {
  #visitors: readonly RestVisitor[] = []

  /** @param at - `first`: before all others, of whom one may take its time */
  add(visitor: RestVisitor, at: 'first' | 'last' = 'last'): Unsubscribe {
    this.#visitors = at === 'first' ? [visitor, ...this.#visitors] : [...this.#visitors, visitor]

    return () => {
      this.#visitors = this.#visitors.filter((each) => each !== visitor)
    }
  }

  /** Hand this to the learner. One visitor after the other. */
  readonly visit = async (rest: Rest, options: AbortOptions): Promise<void> => {
    for (const visitor of this.#visitors) await visitor(rest, options)
  }
}
