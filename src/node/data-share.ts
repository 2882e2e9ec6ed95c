import { createHash } from 'node:crypto'
import { InvalidConfigError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { Job } from './job.ts'

/** Which examples a node trains on. */
export type DataShare =
  /** One of the slices that the job cuts its data into. */
  | { kind: 'slice'; index: number }
  /** All of the job's data. */
  | { kind: 'all' }
  /** Data of the node's own, that never leaves its machine: a data spec. */
  | { kind: 'own'; set: string }

export interface ShareChoice {
  /** Slice by number, from 0. */
  slice?: number
  /** Data of its own. */
  own?: string
}

/**
 * A node's share of the data. Without a choice it takes the slice that its
 * identity points to: always the same one, but two nodes may take the same.
 */
export function chooseShare(job: Job, self: Peer, { slice, own }: ShareChoice): DataShare {
  const { nodes } = job.data
  if (slice !== undefined && own !== undefined) {
    throw new InvalidConfigError("--slice and --data exclude each other: a slice is a part of the job's own data")
  }
  if (own !== undefined) return { kind: 'own', set: own }
  if (slice !== undefined && slice >= nodes) {
    throw new InvalidConfigError(`--slice ${slice}: the job cuts its data into ${nodes} slices, 0 to ${nodes - 1}`)
  }
  if (nodes === 1) return { kind: 'all' }

  return { kind: 'slice', index: slice ?? createHash('sha256').update(self).digest().readUInt32LE(0) % nodes }
}
