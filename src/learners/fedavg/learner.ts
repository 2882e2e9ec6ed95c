import type { Learner, LearnerStatus, LearnerView } from '../../interface/learner.ts'
import type { Peer } from '../../interface/network.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import { orderMembers } from '../../sampling/topology.ts'
import { withoutNumbers } from '../earlier-life.ts'
import { type Role, Session } from '../session.ts'
import { Participant } from './participant.ts'
import { Server } from './server.ts'
import { type FedAvgComponents, type FedAvgInit, type FedAvgSession, PROTOCOL } from './session.ts'
import { readServerState, type ServerState, serverOf } from './state.ts'

export type { FedAvgComponents, FedAvgInit } from './session.ts'

/**
 * Federated averaging with one fixed server: a baseline to compare with, on
 * the same seams. The server draws a sample of the connected nodes each
 * round, sends them the model, and averages what they send back, weighted by
 * their examples. It is one of the nodes: it holds data as all do, and is
 * drawn as all are. When it is lost, so is the run, and every node says so.
 *
 * Source: McMahan et al., AISTATS 2017, arXiv:1602.05629, with deviations: a
 * round goes on when a fraction of the sample has answered, nodes that do not
 * answer are replaced, and a node trains a number of steps, not of epochs.
 */
export class FedAvgLearner implements Learner {
  readonly #parts: FedAvgComponents
  readonly #init: FedAvgInit
  #earlier: ServerState | undefined
  /** In an earlier life. */
  readonly #server: Peer | undefined
  #session: FedAvgSession | undefined

  /** @throws {CheckpointError} ERR_CHECKPOINT_DIM, ERR_CHECKPOINT_STATE for an earlier life that is none of this learner's */
  constructor(components: FedAvgComponents, init: FedAvgInit) {
    const { dim } = components.trainer.layout
    this.#parts = components
    this.#init = withoutNumbers(init)
    this.#earlier = init.resume === undefined ? undefined : readServerState(init.resume, dim)
    this.#server = init.resume === undefined ? undefined : serverOf(init.resume)
  }

  get status(): LearnerStatus {
    return this.#session === undefined ? { phase: 'idle', round: 0, steps: 0 } : { ...this.#session.status }
  }

  inspect(): LearnerView {
    return this.#session?.inspect() ?? { models: [], neighbours: [], members: undefined }
  }

  /** @throws {CodedError} ERR_SERVER_LOST; the signal's reason when aborted */
  async run(options: AbortOptions = {}): Promise<void> {
    const { network } = this.#parts
    const { members = [network.self, ...network.peers()], seed } = this.#init
    const server = this.#server ?? orderMembers(members, seed)[0]!

    const session = new Session(PROTOCOL, this.#parts, this.#init, () => role)
    const role: Role = server === network.self ? new Server(session, this.#earlier) : new Participant(session, server)
    this.#earlier = undefined
    this.#session = session
    await session.run(options)
  }
}
