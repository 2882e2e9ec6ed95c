import type { CallOptions, Control, StreamedEvent } from '../../src/cli/attach/control.ts'
import { CodedError } from '../../src/interface/errors.ts'
import { checkParams } from '../../src/node/control/dispatch.ts'
import type { MethodName, ParamsOf, ResultOf } from '../../src/node/control/schema.ts'
import type { NodeEvent } from '../../src/node/events.ts'
import { ANSWERS } from '../fixtures/answers.ts'

export type Answers = { readonly [M in MethodName]: ResultOf<M> }

/** A node that says what it is told to. It checks params as a real one does. */
export class FakeControl implements Control {
  readonly calls: { method: MethodName; params: unknown }[] = []
  readonly answers: { [M in MethodName]: ResultOf<M> }
  /** Awaited before each answer. */
  gate: Promise<unknown> = Promise.resolve()
  readonly #closed = Promise.withResolvers<CodedError>()
  readonly #streams = new Set<{ names: readonly string[]; onEvent: (event: StreamedEvent) => void }>()

  constructor(answers: Partial<Answers> = {}) {
    this.answers = { ...structuredClone(ANSWERS), ...answers }
  }

  get streams(): number {
    return this.#streams.size
  }

  get closed(): Promise<CodedError> {
    return this.#closed.promise
  }

  async call<M extends MethodName>(method: M, params: ParamsOf<M>, options: CallOptions = {}): Promise<ResultOf<M>> {
    this.calls.push({ method, params })
    const aborted = new Promise<never>((_, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true })
    })
    await Promise.race([this.gate, aborted])
    checkParams(method, params)
    const { peer } = params as { peer?: string }
    if (peer === 'nobody') throw new CodedError('ERR_CONTROL_PEER', '"nobody": the id of no peer ends so')

    return this.answers[method]
  }

  async subscribe(names: readonly NodeEvent['event'][], onEvent: (event: StreamedEvent) => void): Promise<() => void> {
    const stream = { names, onEvent }
    this.#streams.add(stream)

    return () => this.#streams.delete(stream)
  }

  emit(event: NodeEvent): void {
    for (const { names, onEvent } of this.#streams) {
      if (names.length === 0 || names.includes(event.event)) onEvent({ at: '2026-11-28T14:03:09.000Z', event })
    }
  }

  /** As when the node has stopped. */
  stop(): void {
    this.#closed.resolve(new CodedError('ERR_CONTROL_STOPPED', 'the node has stopped'))
  }

  /** As when the node hangs up. */
  drop(): void {
    this.#closed.resolve(new CodedError('ERR_CONTROL_CLOSED', 'unix:/run/a.sock: the node has hung up'))
  }

  async close(): Promise<void> {
    this.drop()
  }
}
