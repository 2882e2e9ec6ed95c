import type { Unsubscribe } from '../../interface/network.ts'
import type { NodeEvent } from '../../node/events.ts'
import type { Control } from '../attach/control.ts'
import { checkedName } from '../methods/event-names.ts'
import { eventLine } from '../tables/event-line.ts'

type EventName = NodeEvent['event']

/** Prints events of the node as they come. One stream, however often more of them are asked for. */
export class Watch {
  readonly #control: Control
  readonly #print: (line: string) => void
  /** Empty: all. */
  #names: readonly EventName[] = []
  #unsubscribe: Unsubscribe | undefined

  constructor(control: Control, print: (line: string) => void) {
    this.#control = control
    this.#print = print
  }

  get isOn(): boolean {
    return this.#unsubscribe !== undefined
  }

  /**
   * Adds events to those that are printed; all of them without names.
   *
   * @returns what is watched now, for a person
   * @throws {CodedError} ERR_CONTROL_PARAMS for a name that is no event's
   */
  async add(names: readonly unknown[]): Promise<string> {
    const wanted = names.map(checkedName)
    const isAll = wanted.length === 0 || (this.isOn && this.#names.length === 0)
    const union = isAll ? [] : [...new Set([...this.#names, ...wanted])]
    const unsubscribe = await this.#control.subscribe(
      union,
      (event) => this.#print(eventLine(event)),
      (count) => this.#print(`(${count} events left out: this prompt was too slow)`)
    )
    this.#unsubscribe?.()
    this.#unsubscribe = unsubscribe
    this.#names = union

    return `watching ${isAll ? 'all events' : union.join(', ')}; unwatch or Ctrl-C ends it`
  }

  /** @returns whether anything was watched */
  stop(): boolean {
    const unsubscribe = this.#unsubscribe
    this.#unsubscribe = undefined
    this.#names = []
    unsubscribe?.()

    return unsubscribe !== undefined
  }
}
