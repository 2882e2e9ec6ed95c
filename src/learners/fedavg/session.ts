import type { Peer } from '../../interface/network.ts'
import type { EvaluateOptions, StatelessTrainer } from '../../interface/trainer.ts'
import type { Aggregator } from '../../robust/registry.ts'
import type { Attacker } from '../attacker.ts'
import { type Budget, type LearningRateSpec, learningRateAt } from '../budget.ts'
import type { Fallback } from '../combiner.ts'
import { Offering } from '../offering.ts'
import type { Session, SessionParts } from '../session.ts'

export const NOTICE_PROTOCOL = 'fedavg/notice'

export interface FedAvgComponents extends SessionParts {
  trainer: StatelessTrainer
}

export interface FedAvgInit {
  seed: number
  /** Nodes that train in a round. */
  sample: number
  /** A round waits for the models of this fraction of the sample, or its deadline. */
  successFraction: number
  /** Optimiser steps a round. */
  localSteps: number
  learningRate: LearningRateSpec
  budget: Budget
  /** Combines the models of a round; the weighted mean when absent. */
  robust?: Aggregator
  /** @default 'keep' */
  fallback?: Fallback
  /** Makes this node a Byzantine one. */
  attacker?: Attacker
  /** Points on the server's curve of accuracy over the run. */
  evaluations: number
  /** Test examples for such a point; the final evaluation takes all. */
  evaluationLimit: number
  /** A server without a sign of life for so long is lost; the server waits three times as long for peers to take the final model. */
  lingerMs: number
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
export function offerModel({ post, parts, init }: FedAvgSession, round: number, params: Float32Array): Offering {
  const { network } = parts
  const members = network.peers().length + 1

  return new Offering({
    post,
    params,
    attacker: init.attacker,
    audience: { round, n: Math.min(init.sample, members), members },
    hears: () => network.peers()
  })
}

/** @returns false when it was cut short: then the params are of no use */
export async function trainRound(session: FedAvgSession, local: LocalRound, signal: AbortSignal): Promise<boolean> {
  const { init, parts, status } = session
  const { round, params, waitedMs } = local
  const learningRate = learningRateAt(init.learningRate, session.progress(round - 1))
  const report = await parts.trainer.train(params, { round, steps: init.localSteps, learningRate, signal })
  status.steps += report.steps
  if (signal.aborted || report.steps < init.localSteps) return false

  status.round = round
  session.emit({ event: 'round:ended', round, loss: report.loss, merged: 0, age: 0, waitedMs })
  return true
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
