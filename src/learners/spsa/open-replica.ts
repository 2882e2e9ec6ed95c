import type { Peer } from '../../interface/network.ts'
import { Replica } from '../../spsa/replica.ts'
import type { SPSAComponents, SPSAInit } from './init.ts'

/**
 * A node's copy of the model: the job's first one, moved by nothing yet.
 *
 * @param isNear - of authors that are known by more than their name
 */
export function openReplica(
  { trainer, vectors, signing, network }: SPSAComponents,
  { jobId, projections, maxLength, maxAuthors, trim, lead }: SPSAInit,
  isNear: (author: Peer) => boolean
): Replica {
  const { scale, isProjection, coefficientOf } = projections
  const directions = projections.directions((author, from, to) => replica.bytesOf(author, from, to))
  const replica: Replica = new Replica({
    jobId,
    self: network.self,
    verify: signing.verify,
    vectors,
    start: trainer.params,
    scale,
    isProjection,
    coefficientOf,
    keyOf: directions.of,
    forget: directions.forget,
    maxLength,
    maxAuthors,
    isNear,
    trim,
    ...(lead === undefined ? {} : { lead })
  })

  return replica
}
