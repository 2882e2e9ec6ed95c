import type { Peer } from '../../interface/network.ts'
import type { SimulationEvent } from '../../node/simulation-types.ts'

/** A replica as it was measured last. */
export type MeasuredReplica = Pick<
  Extract<SimulationEvent, { event: 'replica:measured' }>,
  'setHash' | 'modelHash' | 'projections' | 'perSecond' | 'lags' | 'payloadBytes' | 'final'
>

/** What a run says of a node that exchanges projections; nothing of any other. */
export interface ReplicaRecord {
  measured: MeasuredReplica | undefined
  /** When it began and ended to write projections, in seconds of the run. */
  fromSeconds: number | undefined
  untilSeconds: number | undefined
  /** Authors that this node has seen two signed logs of, and the place from which on they count no more. */
  voided: Map<Peer, number>
  /** The state that it began with, taken from a peer. */
  adopted: { projections: number; vouchers: number } | undefined
  /** Why its journal could not be written. */
  journalFailure: string | undefined
}

export function newReplicaRecord(): ReplicaRecord {
  return {
    measured: undefined,
    fromSeconds: undefined,
    untilSeconds: undefined,
    voided: new Map(),
    adopted: undefined,
    journalFailure: undefined
  }
}

/** Takes one event of a node into its replica's record. */
export function recordReplica(replica: ReplicaRecord, event: SimulationEvent, seconds: number): void {
  switch (event.event) {
    case 'phase:started':
      if (event.phase === 'train') replica.fromSeconds ??= seconds
      if (event.phase === 'settle') replica.untilSeconds = seconds
      break
    case 'replica:measured': {
      const { setHash, modelHash, projections, perSecond, lags, payloadBytes, final } = event
      replica.measured = { setHash, modelHash, projections, perSecond, lags, payloadBytes, final }
      break
    }
    case 'author:voided':
      replica.voided.set(event.peer, event.place)
      break
    case 'snapshot:adopted':
      replica.adopted = { projections: event.projections, vouchers: event.vouchers }
      break
    case 'journal:failed':
      replica.journalFailure = event.code
      break
    default:
      break
  }
}
