import { KIND } from './digest.ts'
import { SimEvent } from './event-queue.ts'

/** Something that a scenario does at its moment. */
export class Action extends SimEvent {
  readonly kind = KIND.action
  readonly fromSlot = -1
  readonly toSlot = -1
  readonly mark = 0
  readonly #act: () => void

  constructor(act: () => void) {
    super()
    this.#act = act
  }

  fire(): boolean {
    this.#act()

    return true
  }
}
