import type { Rng } from '../../interface/rng.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { Aggregator } from '../aggregator.ts'
import type { Option, OptionValues } from '../options.ts'

/** One neighbour that an attack is aimed at, and how that neighbour mixes what it receives. */
export interface AttackTarget {
  /** Its model before it merges, shape (dim). */
  readonly params: Float32Array
  /** The mixing weight that it gives to each of `AttackKnowledge.honest`; 0 for itself and for those it does not hear. */
  readonly honestWeights: readonly number[]
  /** The sum of the mixing weights that it gives to Byzantine neighbours, above 0. */
  readonly byzantineWeight: number
}

/**
 * What an attacker knows when it sends. A real one knows the models that it has received, and the one that it would
 * send were it honest; knowing all honest models is the stronger assumption of most papers, to be had in simulation.
 */
export interface AttackKnowledge {
  /** What an honest node would send, shape (dim). Not among `honest`. */
  readonly own: Float32Array
  /** Honest models that it knows of, shape (dim) each, a peer's always in the same place. May be empty. */
  readonly honest: readonly Float32Array[]
  /** Which of `honest` came last. @default the last of them */
  readonly newest?: number
  /** Nodes that send to one receiver, itself included, and how many of those are Byzantine, as far as known. */
  readonly n: number
  readonly f: number
  /** The attacker's own round, never falling. */
  readonly round: number
  /** Who will receive it: for attacks that are `perTarget`. */
  readonly target?: AttackTarget
}

interface AttackBase {
  /** Canonical text of the spec, which `parseAttack` reads. */
  readonly name: string
  /** Whether it has a vector of its own for each target: then `knowledge.target` must be there. */
  readonly perTarget: boolean

  /**
   * Writes what the attacker sends to `out`, shape (dim), which is none of the vectors of `knowledge`; those are only
   * read, and none is kept. An attacker that knows no honest model takes its own for one.
   *
   * @throws {AggregationError} ERR_UPDATES_DIM, and what the aggregator throws that an attack searches against
   * @throws {AttackError} ERR_ATTACK_TARGET
   */
  craftInto(out: Float32Array, knowledge: AttackKnowledge): void
}

/** Changes what is sent. */
export interface ModelAttack extends AttackBase {
  readonly kind: 'model'
}

/** Changes what is learned: the node trains, honestly, on labels that lie, and sends the result. */
export interface DataAttack extends AttackBase {
  readonly kind: 'data'
  /** The label to train with in place of `label`, from 0 to `classes` - 1. */
  readonly relabel: (label: number, classes: number) => number
}

/** What a Byzantine node does. Belongs to one node: some remember, a bounded number of models. */
export type Attack = ModelAttack | DataAttack

export interface AttackComponents {
  vectors: VectorMath
  /** Of this attacker alone: two that share a stream send different noise than two that do not. */
  rng: Rng
  /** What the honest nodes aggregate with, for attacks that search for the worst. */
  aggregator?: Aggregator
}

export type Craft = AttackBase['craftInto']

export interface AttackDefinition<O extends Readonly<Record<string, Option>>> {
  /** One line for people. */
  readonly summary: string
  readonly options: O
  readonly perTarget?: true
  /** Makes it a data attack. */
  readonly relabel?: DataAttack['relabel']
  /** What is wrong with options that each are right: completes the sentence "ATTACK: ...". */
  problem?(values: OptionValues<O>): string | undefined
  /**
   * One attacker's state lives in what this returns.
   * @throws {InvalidConfigError} ERR_CONFIG_INVALID when a component is missing or will not do
   */
  create(values: OptionValues<O>, components: AttackComponents): Craft
}

export const defineAttack = <const O extends Readonly<Record<string, Option>>>(attack: AttackDefinition<O>) => attack

/** What the attacker takes for the honest models: never empty. */
export function honestOf({ own, honest }: AttackKnowledge): readonly Float32Array[] {
  return honest.length > 0 ? honest : [own]
}

/** As {@link honestOf}, for attacks by how honest models differ: with fewer than two, its own is one of them. */
export function honestSampleOf({ own, honest }: AttackKnowledge): readonly Float32Array[] {
  return honest.length > 1 ? honest : [...honest, own]
}
