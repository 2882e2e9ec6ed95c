import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { NodeEvent, NodeEventSink } from '../events.ts'
import type { InspectContext } from '../inspect/context.ts'
import { PHASES, phaseOf } from '../inspect/phase.ts'

/** From a round of a small model in memory to one of a large model over a slow line. */
const ROUND_SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000]

/** Rounds, steps, and how good the model is. */
export function addRoundMetrics(registry: Registry, context: InspectContext): NodeEventSink {
  addStanding(registry, context)
  addQuality(registry, context)

  return countRounds(registry, context)
}

function countRounds(registry: Registry, { memory }: InspectContext): NodeEventSink {
  const registers = [registry]
  const rounds = new Counter({ name: 'starling_rounds_total', help: 'Rounds that ended.', registers })
  const merged = new Counter({ name: 'starling_models_merged_total', help: 'Models of peers merged.', registers })
  const diverged = new Counter({
    name: 'starling_trainings_diverged_total',
    help: 'Trainings undone because they ended in NaN or infinity.',
    registers
  })
  const withoutMerge = new Counter({
    name: 'starling_merges_failed_total',
    help: 'Merges that came to nothing, by why: too few models, or numbers beyond float32.',
    labelNames: ['reason'],
    registers
  })
  const duration = new Histogram({
    name: 'starling_round_duration_seconds',
    help: 'From the end of one round to the end of the next.',
    buckets: ROUND_SECONDS,
    registers
  })
  const waited = new Histogram({
    name: 'starling_round_wait_seconds',
    help: 'Time that a round waited for models of peers.',
    buckets: ROUND_SECONDS,
    registers
  })

  return (event: NodeEvent) => {
    switch (event.event) {
      case 'round:ended':
        rounds.inc()
        merged.inc(event.merged)
        waited.observe(event.waitedMs / 1000)
        duration.observe(memory.rounds.last(1)[0]?.seconds ?? 0)
        break
      case 'training:diverged':
        diverged.inc()
        break
      case 'merge:fell-back':
        withoutMerge.inc({ reason: 'too-few' })
        break
      case 'merge:overflowed':
        withoutMerge.inc({ reason: 'overflow' })
    }
  }
}

function addStanding(registry: Registry, { inside, operator, now, startedMs }: InspectContext): void {
  const registers = [registry]
  new Gauge({
    name: 'starling_round',
    help: 'The newest round that this node took part in.',
    registers,
    collect() {
      this.set(inside().learner?.status.round ?? 0)
    }
  })
  new Counter({
    name: 'starling_steps_total',
    help: 'Optimiser steps done, those of earlier lives included.',
    registers,
    collect() {
      this.reset()
      this.inc(inside().learner?.status.steps ?? 0)
    }
  })
  new Gauge({
    name: 'starling_phase',
    help: '1 for the phase that the node is in.',
    labelNames: ['phase'],
    registers,
    collect() {
      for (const phase of PHASES) this.set({ phase }, phase === phaseOf(inside()) ? 1 : 0)
    }
  })
  new Gauge({
    name: 'starling_paused',
    help: '1 while the operator has paused the training.',
    registers,
    collect() {
      this.set(operator.isPaused ? 1 : 0)
    }
  })
  new Gauge({
    name: 'starling_uptime_seconds',
    help: 'Since the node started.',
    registers,
    collect() {
      this.set((now() - startedMs) / 1000)
    }
  })
}

/** Where nothing has been measured yet there is no sample. */
function addQuality(registry: Registry, { memory }: InspectContext): void {
  const gauge = (name: string, help: string, value: () => number | null | undefined): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.remove()
        const measured = value()
        if (measured !== null && measured !== undefined) this.set(measured)
      }
    })
  }
  gauge('starling_accuracy_ratio', 'Of the last evaluation on the test set.', () => memory.evaluation?.accuracy)
  gauge('starling_test_loss_nats', 'Mean cross entropy of that evaluation.', () => memory.evaluation?.loss)
  gauge('starling_train_loss_nats', 'Mean loss of the steps of the last round.', () => memory.rounds.last(1)[0]?.loss)
  gauge('starling_projections', 'Projections that count in the replica.', () => memory.replica?.projections)
  gauge('starling_replica_lag_projections', 'Of the author that is furthest behind the longest log.', () =>
    memory.replica === undefined ? undefined : Math.max(0, ...Object.values(memory.replica.lags))
  )
}
