import { CodedError } from '../interface/errors.ts'
import type { PullStatus } from '../wire/pull-codec.ts'
import { Arrival } from './arrival.ts'
import { KIND } from './digest.ts'
import type { Pull } from './pull.ts'
import { modelWireBytes, pullRefusalWireBytes, pullRequestWireBytes } from './wire-bytes.ts'

/** "Send me this model", at the peer that offers it. */
export class PullRequestArrival extends Arrival {
  readonly kind = KIND.pull
  readonly #pull: Pull

  constructor(pull: Pull) {
    super(pull.world, pull.from, pull.to, pull.ref.hash, pullRequestWireBytes())
    this.#pull = pull
  }

  /** The content of models is part of what has to be the same in two runs. */
  override get mark(): number {
    return Number.parseInt(this.what.slice(0, 8), 16)
  }

  again(): undefined {
    return undefined
  }

  protected arrive(): boolean {
    const { world, to } = this
    const pull = this.#pull
    if (!pull.isOpen) return this.drop()

    const model = to.models.get(pull.ref.hash)
    if (model === undefined) world.links.transmit(new RefusalArrival(pull, 'not-found'))
    else if (!pull.serve()) world.links.transmit(new RefusalArrival(pull, 'busy'))
    else {
      const transfer = new ModelArrival(pull, model)
      if (world.links.transmit(transfer)) pull.moves(transfer)
    }

    return false
  }
}

/** "I don't have it", or "not now". */
class RefusalArrival extends Arrival {
  readonly kind = KIND.refusal
  readonly #pull: Pull
  readonly #status: PullStatus

  constructor(pull: Pull, status: PullStatus) {
    super(pull.world, pull.to, pull.from, pull.ref.hash, pullRefusalWireBytes())
    this.#pull = pull
    this.#status = status
  }

  again(): undefined {
    return undefined
  }

  protected arrive(): boolean {
    if (!this.#pull.isOpen) return this.drop()

    const code = this.#status === 'busy' ? 'ERR_MODEL_BUSY' : 'ERR_MODEL_NOT_FOUND'
    this.#pull.fail(new CodedError(code, `model ${this.what.slice(0, 8)}: ${this.#status}`))

    return true
  }
}

/** The model itself, as it was offered. */
class ModelArrival extends Arrival {
  readonly kind = KIND.model
  readonly #pull: Pull
  readonly #model: Uint8Array

  constructor(pull: Pull, model: Uint8Array) {
    super(pull.world, pull.to, pull.from, pull.ref.hash, modelWireBytes(model.byteLength))
    this.#pull = pull
    this.#model = model
  }

  again(): undefined {
    return undefined
  }

  protected override vanish(): void {
    this.#pull.moves(undefined)
  }

  protected arrive(): boolean {
    if (!this.#pull.isOpen) return this.drop()

    this.#pull.arrived(this.#model)

    return true
  }
}
