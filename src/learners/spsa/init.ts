import type { Peer } from '../../interface/network.ts'
import type { LearnerState, RestVisitor } from '../../interface/rest.ts'
import type { Signing } from '../../interface/signing.ts'
import type { Trainer } from '../../interface/trainer.ts'
import type { VectorMath } from '../../interface/vectors.ts'
import type { SignMath } from '../../math/signs.ts'
import type { Lead } from '../../spsa/ledger/lead.ts'
import type { Budget } from '../budget.ts'
import type { SessionParts } from '../session.ts'
import type { Journal } from './journal.ts'
import type { ProjectionMath } from './projection-math.ts'

export interface SPSAComponents extends Omit<SessionParts, 'vectors' | 'trainer'> {
  trainer: Trainer
  vectors: VectorMath & SignMath
  signing: Signing
  journal: Journal
}

export interface SPSAInit {
  jobId: string
  seed: number
  projections: ProjectionMath
  /** Directions in a step, measured on one batch. */
  queries: number
  batchSize: number
  /** How far to either side losses are measured. */
  epsilon: number
  /** Steps of this node. */
  budget: Budget
  /** Most projections of one node: what the job gives each. */
  maxLength: number
  maxAuthors: number
  /** Whether an author belongs to the swarm: no log of another counts. Everybody does when left out. */
  mayTrain?: (author: Peer) => boolean
  /** Authors that may shout at one place of the logs; see `trimmed`. */
  trim: number
  /** Projections that an author may be ahead of others and count; any number when left out. */
  lead?: Lead
  /** Projections in a message. */
  batchProjections: number
  /** They wait no longer than this to be sent, in ms. */
  flushMs: number
  /** Between two looks for what is missing, in ms. */
  syncMs: number
  /** Projections behind, from which on a snapshot is faster. */
  snapshotFrom: number
  /** Peers that must vouch for one, besides the one it comes from. */
  vouchers: number
  evaluations: number
  evaluationLimit: number
  lingerMs: number
  /** Visited between steps. */
  rest?: RestVisitor
  /** What an earlier life of this node left, to go on from; only read. */
  resume?: LearnerState
}
