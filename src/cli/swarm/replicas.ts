import { shortHash } from '../format.ts'
import { maxOf, minOf, sumOf } from '../statistics.ts'
import { isLiving } from './living.ts'
import type { MeasuredReplica } from './replica-record.ts'
import type { NodeRecord } from './run-record.ts'

/** What the replicas of a run came to. */
export interface ReplicaSummary {
  /** Of each living node's model: SHA-256 of its integer state, by node. */
  hashes: string[]
  /** Of each living node's set of projections, by node. */
  setHashes: string[]
  /** Projections that count, in the largest set. */
  projections: number
  /** Applied by each replica a second, from the first projection to the last. */
  projectionsPerSecond: number | null
  /** Written by all nodes: a byte a projection. */
  payloadBytes: number
  /** All that was sent over projections and the peers that each had to reach; null for one node. */
  wireBytesPerProjectionAndPeer: number | null
}

/** A living node of which it is known what it holds. */
export interface LivingReplica {
  node: NodeRecord
  measured: MeasuredReplica
}

export function livingReplicas({ nodes }: { nodes: readonly NodeRecord[] }): LivingReplica[] {
  return nodes.filter(isLiving).flatMap((node) => {
    const { measured } = node.replica

    return measured === undefined ? [] : [{ node, measured }]
  })
}

export function replicaSummary(run: { nodes: readonly NodeRecord[] }): ReplicaSummary {
  const living = livingReplicas(run)
  const projections = maxOf([0, ...living.map(({ measured }) => measured.projections)])
  const payloadBytes = sumOf(run.nodes.map(({ replica }) => replica.measured?.payloadBytes ?? 0))
  const sent = sumOf(run.nodes.map(({ bytes }) => bytes.sent))
  const deliveries = payloadBytes * (run.nodes.length - 1)
  const seconds = trainingSeconds(run.nodes)

  return {
    hashes: living.map(({ measured }) => measured.modelHash),
    setHashes: living.map(({ measured }) => measured.setHash),
    projections,
    projectionsPerSecond: seconds === undefined ? null : Math.round(projections / seconds),
    payloadBytes,
    wireBytesPerProjectionAndPeer: deliveries === 0 ? null : Number((sent / deliveries).toFixed(2))
  }
}

/**
 * How many projections an author's log is behind the longest one, where least of it has arrived; undefined when no
 * replica has any of it.
 */
export function lagOf(peer: string | undefined, replicas: readonly LivingReplica[]): number | undefined {
  const lags = replicas.flatMap(({ measured }) => (peer === undefined ? [] : (measured.lags[peer] ?? [])))

  return lags.length === 0 ? undefined : maxOf(lags)
}

/** Whether all have the same model, in one line for a person. */
export function replicasInWords(run: { nodes: readonly NodeRecord[] }): { agree: boolean; text: string } {
  const living = livingReplicas(run)
  const models = [...new Set(living.map(({ measured }) => measured.modelHash))]
  const sets = [...new Set(living.map(({ measured }) => measured.setHash))]
  const [model, set] = [models[0], sets[0]]
  if (model === undefined || set === undefined) return { agree: false, text: 'no replica was measured' }
  const agree = models.length === 1 && sets.length === 1
  const text = agree
    ? `${living.length === 1 ? 'one node has' : `all ${living.length} nodes have`} the same set ${shortHash(set)} and the same model ${shortHash(model)}, bit for bit`
    : `${living.length} nodes ended with ${sets.length} different sets and ${models.length} different models`

  return { agree, text }
}

/** From when the first began to when the last ended to write projections; undefined when none did both. */
function trainingSeconds(nodes: readonly NodeRecord[]): number | undefined {
  const from = minOf(nodes.flatMap(({ replica }) => replica.fromSeconds ?? []))
  const until = maxOf(nodes.flatMap(({ replica }) => replica.untilSeconds ?? []))

  return until > from ? until - from : undefined
}
