import type { Peer } from '../../interface/network.ts'
import type { EvaluateOptions, StatelessTrainer } from '../../interface/trainer.ts'
import { learningRateAt } from '../budget.ts'
import type { LearnerInit } from '../learner-init.ts'
import { Offering } from '../offering.ts'
import { fisherOf } from '../own-fisher.ts'
import { type Parcel, parcelOf } from '../parcel.ts'
import type { Session, SessionParts, SessionProtocol } from '../session.ts'

export const NOTICE_PROTOCOL = 'fedavg/notice'
/** The server's own models are only combined: they go out alone. */
export const PROTOCOL: SessionProtocol = { name: NOTICE_PROTOCOL, fisherWith: 'trained' }

export interface FedAvgComponents extends SessionParts {
  trainer: StatelessTrainer
}

/** A server without a sign of life for `lingerMs` is lost; it waits three times as long for peers to take the final model. */
export interface FedAvgInit extends LearnerInit {
  /** Nodes that train in a round. */
  sample: number
  /** A round waits for the models of this fraction of the sample, or its deadline. */
  successFraction: number
  /**
   * Everyone who may take part, the same on every node; the first of them in the order of `orderMembers` is the server.
   * @default this node and those connected when the run begins
   */
  members?: readonly Peer[]
}

export type FedAvgSession = Session<FedAvgComponents, FedAvgInit>

/** A round for one node: what to train, in place, and how long it waited to begin. */
export interface LocalRound {
  round: number
  /** Shape (dim). */
  params: Float32Array
  waitedMs: number
}

/** Puts a model of this node on offer. */
export function offerModel({ post, parts, init }: FedAvgSession, round: number, { params, fisher }: Parcel): Offering {
  const { network } = parts
  const members = network.peers().length + 1

  return new Offering({
    post,
    params,
    fisher,
    attacker: init.attacker,
    audience: { round, n: Math.min(init.sample, members), members },
    hears: () => network.peers()
  })
}

/**
 * Trains, and estimates the Fisher vector where the merge policy needs it.
 *
 * @returns the trained model, whose Fisher vector is the caller's to release; undefined when it was cut short: then the
 *   params are of no use
 */
export async function trainRound(
  session: FedAvgSession,
  local: LocalRound,
  signal: AbortSignal
): Promise<Parcel | undefined> {
  const { init, parts, status, post } = session
  const { round, params, waitedMs } = local
  const learningRate = learningRateAt(init.learningRate, session.progress(round - 1))
  const report = await parts.trainer.train(params, { round, steps: init.localSteps, learningRate, signal })
  status.steps += report.steps
  if (signal.aborted || report.steps < init.localSteps) return undefined

  status.round = round
  session.emit({ event: 'round:ended', round, loss: report.loss, merged: 0, age: 0, waitedMs })
  const fisher = await fisherOf({ params, round, signal }, { trainer: parts.trainer, post, rules: init.rules })

  return parcelOf(params, fisher)
}

/** Evaluates the server's model of a round: all of the test set at the end of the run. */
export async function evaluateModel(
  session: FedAvgSession,
  { round, params }: Pick<LocalRound, 'round' | 'params'>,
  options: EvaluateOptions,
  final: boolean
): Promise<void> {
  const { accuracy, loss } = await session.parts.trainer.evaluate(params, options)
  options.signal?.throwIfAborted()
  session.emit({ event: 'model:evaluated', round, accuracy, loss, final })
}
