import { Arrival } from './arrival.ts'
import { KIND } from './digest.ts'
import type { Endpoint } from './endpoint.ts'
import { deliver, refuse } from './serving.ts'
import { emptyAnswerWireBytes } from './wire-bytes.ts'
import type { World } from './world.ts'

/** A message to one peer. */
export class MessageArrival extends Arrival {
  readonly kind = KIND.message
  readonly #bytes: Uint8Array

  constructor(world: World, from: Endpoint, to: Endpoint, protocol: string, size: number, bytes: Uint8Array) {
    super(world, from, to, protocol, size)
    this.#bytes = bytes
  }

  again(): MessageArrival {
    return new MessageArrival(this.world, this.from, this.to, this.what, this.size, this.#bytes)
  }

  protected arrive(): boolean {
    const { world, from, to } = this
    // the other side of the stream, which nobody waits for
    const back = emptyAnswerWireBytes()
    to.traffic.sent += back
    from.traffic.received += back
    const handlers = to.handlers.get(this.what)
    if (handlers === undefined) return this.drop()

    // a request's answer goes nowhere: the sender has closed its stream
    if ('message' in handlers) deliver(world, to, from, () => handlers.message(from.peer, this.#bytes))
    else handlers.request(from.peer, this.#bytes, {}).catch((error) => refuse(world, to, from, error))

    return true
  }
}

/** One subscriber's copy of what was published. */
export class PublicationArrival extends Arrival {
  readonly kind = KIND.publication
  readonly #bytes: Uint8Array

  constructor(world: World, from: Endpoint, to: Endpoint, topic: string, size: number, bytes: Uint8Array) {
    super(world, from, to, topic, size)
    this.#bytes = bytes
  }

  again(): PublicationArrival {
    return new PublicationArrival(this.world, this.from, this.to, this.what, this.size, this.#bytes)
  }

  protected arrive(): boolean {
    const handlers = this.to.topics.get(this.what)
    if (handlers === undefined) return this.drop()

    const { world, from, to } = this
    deliver(world, to, from, () => {
      for (const handler of handlers) handler(from.peer, this.#bytes)
    })

    return true
  }
}
