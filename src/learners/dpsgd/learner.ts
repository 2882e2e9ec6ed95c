import type { Learner, LearnerStatus, LearnerView } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { Trainer } from '../../interface/trainer.ts'
import { neighbours, orderMembers, type TopologySpec } from '../../sampling/topology.ts'
import { withoutNumbers } from '../earlier-life.ts'
import type { LearnerInit } from '../learner-init.ts'
import { type LiveState, readLiveState } from '../live-state.ts'
import { Session, type SessionParts, type SessionProtocol } from '../session.ts'
import { Neighbourhood } from './neighbourhood.ts'
import { Rounds } from './rounds.ts'

export const NOTICE_PROTOCOL = 'dpsgd/notice'
/** Whatever a notice says of a model, it is one that was trained. */
const PROTOCOL: SessionProtocol = { name: NOTICE_PROTOCOL, fisherWith: 'all' }

export interface DPSGDComponents extends SessionParts {
  trainer: Trainer
}

export interface DPSGDInit extends LearnerInit {
  /** Fixed for the run: `random` is drawn once. */
  topology: TopologySpec
  /**
   * Everyone in the graph, the same on every node.
   * @default this node and those connected when the run begins
   */
  members?: readonly Peer[]
}

export type DPSGDSession = Session<DPSGDComponents, DPSGDInit>

/**
 * Decentralised parallel SGD, synchronous: a baseline to compare with. Every
 * node trains every round, sends its model to its neighbours in a fixed
 * graph, waits for theirs of the same round, and goes on from the mean of
 * all. With the same degree everywhere its uniform weights 1 / (k + 1) are
 * the Metropolis weights. Edges have no direction: who sends to us is our
 * neighbour. One that is late is left out, and waited for again when it is
 * heard from; a node that has fallen behind goes on with its neighbours' round.
 *
 * Source: Lian et al., NeurIPS 2017, arXiv:1705.09056, with deviations: some
 * local steps a round, and the mean is taken after them (their algorithm
 * takes the gradient at the params before it), and rounds have deadlines.
 */
export class DPSGDLearner implements Learner {
  readonly #parts: DPSGDComponents
  readonly #init: DPSGDInit
  #earlier: LiveState | undefined
  #session: DPSGDSession | undefined

  /** @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE for an earlier life that is none of this learner's */
  constructor(components: DPSGDComponents, init: DPSGDInit) {
    this.#parts = components
    this.#init = withoutNumbers(init)
    this.#earlier = init.resume === undefined ? undefined : readLiveState(init.resume, components.trainer)
  }

  get status(): LearnerStatus {
    return this.#session === undefined ? { phase: 'idle', round: 0, steps: 0 } : { ...this.#session.status }
  }

  inspect(): LearnerView {
    return this.#session?.inspect() ?? { models: [], neighbours: [], members: undefined }
  }

  async run(options: AbortOptions = {}): Promise<void> {
    const { network } = this.#parts
    const { members = [network.self, ...network.peers()], seed, topology } = this.#init
    const ordered = orderMembers(members, seed)
    const session = new Session(PROTOCOL, this.#parts, this.#init, () => rounds)
    const neighboursOf = (self: Peer): Peer[] => neighbours(topology, { ordered, self, round: 0, seed })
    const neighbourhood = new Neighbourhood(neighboursOf(network.self))
    const rounds: Rounds = new Rounds(session, neighbourhood, neighboursOf, this.#earlier)
    this.#earlier = undefined
    this.#session = session
    await session.run(options)
  }
}
