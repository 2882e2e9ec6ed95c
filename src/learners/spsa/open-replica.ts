import type { Peer } from '../../interface/network.ts'
import { Replica } from '../../spsa/replica.ts'
import type { SPSAComponents, SPSAInit } from './init.ts'

/** Of authors, by name. */
export interface AuthorStanding {
  /** Known by more than the name. */
  isNear: (author: Peer) => boolean
  /** Belongs to the swarm. */
  isMember: (author: Peer) => boolean
}

/** A node's copy of the model: the job's first one, moved by nothing yet. */
export function openReplica(
  { trainer, vectors, signing, network }: SPSAComponents,
  { jobId, projections, maxLength, maxAuthors, trim, lead }: SPSAInit,
  authors: AuthorStanding
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
    ...authors,
    trim,
    ...(lead === undefined ? {} : { lead })
  })

  return replica
}
