import { Gauge, Registry } from 'prom-client'
import type { Startable } from '../../interface/startable.ts'
import type { NodeEvent, NodeEventSink } from '../events.ts'
import type { InspectContext } from '../inspect/context.ts'
import { starlingVersion } from '../versions.ts'
import { addKeepingMetrics } from './keeping-metrics.ts'
import { addNetworkMetrics } from './network-metrics.ts'
import { ProcessMetrics } from './process-metrics.ts'
import { addRoundMetrics } from './round-metrics.ts'
import { addWaitMetrics } from './wait-metrics.ts'

/** The metrics of one node. Labels are words of our own, never those of a peer. */
export class NodeMetrics implements Startable {
  readonly registry = new Registry()
  readonly #process: ProcessMetrics
  readonly #observers: readonly NodeEventSink[]

  constructor(context: InspectContext) {
    this.#process = new ProcessMetrics(this.registry)
    this.#observers = [
      addRoundMetrics(this.registry, context),
      addNetworkMetrics(this.registry, context),
      addWaitMetrics(this.registry, context),
      addKeepingMetrics(this.registry, context)
    ]
    addInfo(this.registry, context)
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics()
  }

  /** Counts an event, after {@link InspectContext.memory} has taken note of it. */
  readonly observe = (event: NodeEvent): void => {
    for (const observe of this.#observers) observe(event)
  }

  async start(): Promise<void> {
    this.#process.start()
  }

  async stop(): Promise<void> {
    this.#process.stop()
  }
}

function addInfo(registry: Registry, { inside }: InspectContext): void {
  new Gauge({
    name: 'starling_info',
    help: '1; the labels say what runs.',
    labelNames: ['version', 'learner'],
    registers: [registry],
    collect() {
      this.set({ version: starlingVersion(), learner: inside().job.learner.name }, 1)
    }
  })
}
