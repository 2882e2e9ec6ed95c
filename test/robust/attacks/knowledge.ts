import { createRng } from '../../../src/math/philox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { type Attack, type AttackKnowledge, createAttack, parseAttack } from '../../../src/robust/attacks/registry.ts'
import { type Aggregator, createAggregator, parseAggregator } from '../../../src/robust/registry.ts'

export const vectors = new VectorHeap()

export const rule = (text: string): Aggregator =>
  createAggregator(parseAggregator(text), { vectors, rng: createRng(1, 'rule') })

export interface AttackInit {
  readonly seed?: number
  readonly against?: Aggregator
}

export function attackOf(text: string, { seed = 1, against = rule('mean') }: AttackInit = {}): Attack {
  return createAttack(parseAttack(text), { vectors, rng: createRng(seed, 'attack'), aggregator: against })
}

/** What an attacker knows that knows `honest`, and would send the last of them were it honest. */
export function knowing(honest: readonly Float32Array[], more: Partial<AttackKnowledge> = {}): AttackKnowledge {
  return { own: Float32Array.from(honest.at(-1)!), honest, n: honest.length + 1, f: 1, round: 0, ...more }
}

export function craft(attack: Attack, knowledge: AttackKnowledge): Float32Array {
  const out = new Float32Array(knowledge.own.length)
  attack.craftInto(out, knowledge)

  return out
}

/** Distance of what `against` makes of honest and `copies` equal Byzantine models to the honest mean. */
export function harmOf(
  sent: Float32Array,
  honest: readonly Float32Array[],
  against: Aggregator,
  copies: number
): number {
  const updates = [...honest, ...Array.from({ length: copies }, () => sent)]
  const out = new Float32Array(sent.length)
  against.aggregateInto(out, updates, { own: 0 })
  const mean = rule('mean').aggregate(honest)
  const harm = Math.sqrt(vectors.squaredDistance(out, mean))
  vectors.free(mean)

  return harm
}
