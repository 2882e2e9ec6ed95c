import { InvalidConfigError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { VectorMath } from '../interface/vectors.ts'
import { Attacker } from '../learners/attacker.ts'
import type { ModelSource } from '../learners/known-models.ts'
import { createRng } from '../math/philox.ts'
import { VectorHeap } from '../math/vector-heap.ts'
import { type Attack, type AttackSpec, attackText, createAttack, parseAttack } from '../robust/attacks/registry.ts'
import { createAggregator, parseAggregator } from '../robust/registry.ts'
import type { Relabelling } from '../train/data/relabel.ts'
import { isProjectionJob, type Job } from './job.ts'

/** What makes a node Byzantine. For research: no part of the job. */
export interface ByzantineRole {
  attack: AttackSpec
  /** Byzantine nodes in the swarm, this one included. */
  attackers: number
  /** The others of them, where it knows their names. */
  accomplices?: readonly Peer[]
}

/** A node of a swarm that attacks. */
export interface ByzantineNode {
  /** Its index. */
  node: number
  /** As `parseAttack` reads it. */
  attack: string
}

export interface AttackerParts {
  vectors: VectorMath
  dim: number
  self: Peer
  /** All honest models of the moment, where a simulation grants them. */
  honest?: ModelSource
}

export function createAttacker(job: Job, role: ByzantineRole, { self, ...parts }: AttackerParts): Attacker {
  const { attack, attackers, accomplices = [] } = role

  return new Attacker({ ...parts, attack: attackOf(job, attack, parts.vectors, self), attackers, accomplices })
}

/**
 * @param input - `attackers`: those named and itself when left out
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseRole(input: {
  attack: string
  attackers: number | undefined
  accomplices: readonly Peer[]
}): ByzantineRole {
  const named = new Set(input.accomplices).size + 1
  const { attackers = named } = input
  if (attackers < named) {
    const message = `--attackers ${attackers}: with this node and its accomplices there are ${named} already`
    throw new InvalidConfigError(message, { attackers, named })
  }

  return { attack: parseAttack(input.attack), attackers, accomplices: input.accomplices }
}

/** How an attack has its node's labels changed. */
export function relabelOf(attack: AttackSpec): Relabelling | undefined {
  return attack.attack === 'label-flipping' ? 'reversed' : undefined
}

/**
 * Reads `2:alie` and `1:gaussian:sigma=2`: so many of the last nodes, in the order in which they are given.
 *
 * @returns by node, ascending
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseByzantine(texts: readonly string[], nodes: number): ByzantineNode[] {
  const attacks = texts.flatMap(readGroup)
  if (attacks.length >= nodes) {
    const message = `--byzantine: ${attacks.length} of ${nodes} nodes, and at least one must be honest`
    throw new InvalidConfigError(message, { byzantine: attacks.length, nodes })
  }

  return attacks.map((attack, i) => ({ node: nodes - attacks.length + i, attack }))
}

/** By index of a node, undefined for an honest one. All attackers know each other. */
export function byzantineRoles(
  byzantine: readonly ByzantineNode[],
  peers: readonly Peer[]
): (ByzantineRole | undefined)[] {
  const names = byzantine.map(({ node }) => peers[node]!)
  const attacks = new Map(byzantine.map(({ node, attack }) => [peers[node]!, attack]))

  return peers.map((peer) => {
    const attack = attacks.get(peer)
    const accomplices = names.filter((name) => name !== peer)

    return attack === undefined ? undefined : { attack: parseAttack(attack), attackers: names.length, accomplices }
  })
}

/**
 * Holds attacks against the job: some can't do anything to some rules, and where no models are sent only labels can lie.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function checkAttacks(job: Job, attacks: readonly AttackSpec[]): void {
  const vectors = new VectorHeap()
  const texts = new Set(attacks.map(attackText))
  for (const text of texts) {
    const { kind } = attackOf(job, parseAttack(text), vectors, '')
    if (kind === 'model' && isProjectionJob(job)) {
      const message = `attack "${text}": nodes of the learner ${job.learner.name} send no models; take label-flipping`
      throw new InvalidConfigError(message)
    }
  }
}

/**
 * As {@link parseByzantine}, held against the job.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function byzantineNodes(job: Job, texts: readonly string[]): ByzantineNode[] {
  const byzantine = parseByzantine(texts, job.data.nodes)
  checkAttacks(
    job,
    byzantine.map(({ attack }) => parseAttack(attack))
  )

  return byzantine
}

/**
 * A robust rule for a swarm with attackers: where it names no f, their number is written into it. Then it is part of the
 * job like any other, and all nodes have the same.
 *
 * @param rule - as `parseAggregator` reads it
 * @param texts - as {@link parseByzantine} reads them
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function ruleAgainst(rule: string, texts: readonly string[]): string {
  const f = texts.flatMap(readGroup).length
  if (f === 0 || /:\s*f\s*=/.test(rule)) return rule

  return createAggregator(parseAggregator(rule, { f }), {
    vectors: new VectorHeap(),
    rng: createRng(0, 'robust'),
    f
  }).name
}

/** More than any swarm has nodes. */
const MAX_COUNT = 100_000

function readGroup(text: string): string[] {
  const [, digits, attack] = /^(\d+):(.+)$/.exec(text.trim()) ?? []
  const count = Number(digits)
  if (attack === undefined || !(count >= 1 && count <= MAX_COUNT)) {
    throw new InvalidConfigError(
      `--byzantine ${text.slice(0, 64)}: expected COUNT:ATTACK, such as 2:alie or 1:gaussian:sigma=2`
    )
  }

  return new Array<string>(count).fill(attackText(parseAttack(attack)))
}

/** An optimal attack searches against what the honest nodes aggregate with. */
function attackOf(job: Job, attack: AttackSpec, vectors: VectorMath, self: Peer): Attack {
  const { seed, learner } = job
  const rule = parseAggregator(('robust' in learner ? learner.robust : undefined) ?? 'mean')
  const aggregator = createAggregator(rule, { vectors, rng: createRng(seed, `attack:search:${self}`) })

  return createAttack(attack, { vectors, rng: createRng(seed, `attack:${self}`), aggregator })
}
