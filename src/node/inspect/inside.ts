import type { GossipNetwork } from '../../gossip/network.ts'
import type { Learner } from '../../interface/learner.ts'
import type { Layout } from '../../interface/params.ts'
import type { WaitRegister } from '../../interface/waits.ts'
import type { BanKeeper } from '../ban-keeper.ts'
import type { Checkpoints } from '../checkpoints.ts'
import type { Job } from '../job.ts'

/** What is looked at of the training. */
export interface InsideTrainer {
  readonly layout: Layout
  readonly exampleCount: number
  readonly device: string
}

/** The parts of a running node, for whoever looks in. They are read, never written. */
export interface NodeInside {
  readonly job: Job
  readonly network: GossipNetwork
  readonly waits: WaitRegister
  /** Whom the operator has shut out; banning and unbanning are its own. */
  readonly bans: BanKeeper
  /** Undefined until the data is loaded. */
  readonly trainer: InsideTrainer | undefined
  /** Undefined until the peers are there. */
  readonly learner: Learner | undefined
  /** Undefined before the learner, and where the node keeps none. */
  readonly checkpoints: Checkpoints | undefined
}
