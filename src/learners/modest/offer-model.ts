import { Offering } from '../offering.ts'
import type { RoundContext } from './round-context.ts'

export interface OutgoingModel {
  round: number
  /** Shape (dim). */
  params: Float32Array
  /** Of these params, where they were trained and the merge policy needs it. */
  fisher?: Float32Array
  /** The model, where it is encoded already. */
  encoded?: Uint8Array
}

/** Puts a model of this node on offer. Samples are drawn anew each round: anybody may send to anybody. */
export function offerModel(context: RoundContext, { round, ...model }: OutgoingModel): Offering {
  const { post, network, init } = context
  const members = network.peers().length + 1

  return new Offering({
    post,
    ...model,
    attacker: init.attacker,
    audience: { round, n: Math.min(init.sample, members), members },
    hears: () => network.peers()
  })
}
