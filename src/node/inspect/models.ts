import { CodedError, RejectedError } from '../../interface/errors.ts'
import type { ToldModel } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { Params } from '../../interface/params.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { judged } from '../../learners/judged.ts'
import { decodeModel, encodedModelBytes } from '../../wire/model-codec.ts'
import type { ResultOf } from '../control/schema.ts'
import { shortPeer } from '../short-peer.ts'
import { systemClock } from '../system-clock.ts'
import { compareModels } from './compare-models.ts'
import type { InspectContext } from './context.ts'
import { resolvePeer } from './peers.ts'

type ModelRow = ResultOf<'models'>[number]

/** Models of these are gone by the next round: whoever is late asks for that of the next. */
const PASSING: readonly string[] = ['ERR_MODEL_NOT_FOUND', 'ERR_MODEL_BUSY', 'ERR_PULL_LIMIT']
const ATTEMPTS = 5
const PAUSE_MS = 100

/** The last model that each node told of, this one first. */
export function modelsOf(context: InspectContext): ModelRow[] {
  const { memory } = context
  const { network, learner } = context.inside()
  if (memory.replica !== undefined) {
    const { round, modelHash: hash } = memory.replica

    return [{ peer: network.self, isSelf: true, round, hash, bytes: null }]
  }
  const rows = (learner?.inspect().models ?? []).map((told) => rowOf(told, network.self))

  return rows.sort((a, b) => Number(b.isSelf) - Number(a.isSelf) || (a.peer < b.peer ? -1 : 1))
}

/** Fetches two models and compares them; one such comparison at a time, since models are large. */
export class Comparisons {
  readonly #context: InspectContext
  #isBusy = false

  constructor(context: InspectContext) {
    this.#context = context
  }

  /** @throws {CodedError} ERR_CONTROL_UNAVAILABLE, ERR_CONTROL_BUSY, ERR_CONTROL_PEER; ERR_MODEL_* and others of a pull */
  async compare(ends: { a: string; b: string }, options: AbortOptions): Promise<ResultOf<'compare'>> {
    if (this.#isBusy) throw new CodedError('ERR_CONTROL_BUSY', 'a comparison is under way')

    this.#isBusy = true
    try {
      const a = await this.#fetch(this.#resolve(ends.a), options)
      const b = await this.#fetch(this.#resolve(ends.b), options)
      const likeness = await compareModels(a.params, b.params, this.#layout, options)

      return { a: a.row, b: b.row, ...likeness, layers: [...likeness.layers] }
    } finally {
      this.#isBusy = false
    }
  }

  get #layout() {
    const { trainer } = this.#context.inside()
    if (trainer === undefined) throw unavailable('this node has not loaded its model yet')

    return trainer.layout
  }

  #resolve(end: string): Peer {
    const { job } = this.#context.inside()
    if (job.learner.name === 'spsa') {
      throw unavailable('with spsa no models travel: nodes with the same set hash have the same model to the last bit')
    }

    const known = this.#told().map(({ peer }) => peer)

    return end === 'self' ? this.#context.inside().network.self : resolvePeer(end, known)
  }

  #told(): readonly ToldModel[] {
    return this.#context.inside().learner?.inspect().models ?? []
  }

  async #fetch(peer: Peer, options: AbortOptions): Promise<{ params: Params; row: ModelRow }> {
    const { self } = this.#context.inside().network
    for (let attempt = 1; ; attempt++) {
      const told = this.#told().find((each) => each.peer === peer)
      if (told === undefined)
        throw unavailable(
          `${shortPeer(peer)} has told of no model: alone, or between two rounds, a node has none on offer`
        )
      try {
        // what is wrong with a transfer as such has been judged where it was received
        const bytes = await this.#bytesOf(told, options)

        return { params: this.#decode(peer, bytes), row: rowOf(told, self) }
      } catch (error) {
        const isPassing = error instanceof CodedError && PASSING.includes(error.code)
        if (!isPassing || attempt === ATTEMPTS) throw error
        await systemClock.sleep(PAUSE_MS, options)
      }
    }
  }

  /** Of this node its own, as it is on offer to others. */
  async #bytesOf({ peer, ref }: ToldModel, options: AbortOptions): Promise<Uint8Array> {
    const { network } = this.#context.inside()
    if (peer !== network.self) return network.pull(peer, ref, options)

    const bytes = network.offered(ref.hash)
    if (bytes === undefined) throw new CodedError('ERR_MODEL_NOT_FOUND', 'this node offers no model at the moment')

    return bytes
  }

  /** A copy: without the Fisher vector that may come with it. */
  #decode(peer: Peer, bytes: Uint8Array): Params {
    const { network } = this.#context.inside()
    const { dim } = this.#layout
    const decode = (): Params => decodeModel(bytes.subarray(0, encodedModelBytes(dim)), { dim })
    if (peer === network.self) return decode()
    try {
      return judged(network, peer, decode)
    } catch (error) {
      if (error instanceof RejectedError) this.#tell(peer, error)
      throw error
    }
  }

  #tell(peer: Peer, { code, verdict }: RejectedError): void {
    const { feed, inside, now, startedMs } = this.#context
    const bytes = inside().network.traffic()
    feed.emit({ event: 'model:rejected', ms: now() - startedMs, peer, code, verdict, bytes })
  }
}

function rowOf({ peer, round, ref: { hash, bytes } }: ToldModel, self: Peer): ModelRow {
  return { peer, isSelf: peer === self, round, hash, bytes }
}

function unavailable(why: string): CodedError {
  return new CodedError('ERR_CONTROL_UNAVAILABLE', why)
}
