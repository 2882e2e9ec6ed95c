import type { Startable } from '../../interface/startable.ts'
import type { NodeHandlers } from '../control/dispatch.ts'
import type { EventFeed } from '../event-feed.ts'
import type { LogBook } from '../log/log-book.ts'
import { NodeMetrics } from '../metrics/node-metrics.ts'
import type { StarlingNode } from '../node.ts'
import type { DescribedSetting } from '../settings/load.ts'
import { systemClock } from '../system-clock.ts'
import { AloneWatch } from './alone-watch.ts'
import type { InspectContext } from './context.ts'
import { createHandlers } from './handlers.ts'
import { NodeMemory } from './node-memory.ts'
import { Operator } from './operator.ts'
import { Pulse } from './pulse.ts'
import { RateMeter } from './rate-meter.ts'
import { WaitWatch } from './wait-watch.ts'

export interface InspectionInit {
  dataDir: string
  /** What it was started with, and where from: for whoever asks. */
  settings: readonly DescribedSetting[]
  logBook: Pick<LogBook, 'of' | 'levels' | 'setLevel'>
  /** Has the node stopped, as a signal would. */
  requestStop: () => void
}

/** Looks at a node while it runs: remembers, counts and measures for whoever asks, and hands on what they order. */
export class Inspection implements Startable {
  readonly handlers: NodeHandlers
  readonly metrics: NodeMetrics
  readonly startedAt = new Date().toISOString()
  readonly #pulse: Pulse
  readonly #alone: AloneWatch

  constructor(node: StarlingNode, feed: EventFeed, init: InspectionInit) {
    const log = init.logBook.of('node:inspect')
    const context = createContext(node, feed, init, this.startedAt)
    const watch = new WaitWatch({ waits: node.waits, log: init.logBook.of('waits') })
    this.metrics = new NodeMetrics(context)
    this.handlers = createHandlers(context, this.metrics)
    // memory first: metrics read what it has noted
    feed.on(context.memory.observe)
    feed.on(this.metrics.observe)
    node.rests.add(context.operator.visit)

    this.#pulse = new Pulse({
      clock: systemClock,
      onError: (error) => log('error', 'unexpected', { reason: `${error}` })
    })
    this.#alone = createAloneWatch(node)
    this.#pulse.on(() => this.#alone.look())
    this.#pulse.on((nowMs) => watch.look(nowMs))
    this.#pulse.on((nowMs) => context.rates.sample(context.inside().network.traffic(), nowMs))
  }

  async start(): Promise<void> {
    await this.metrics.start()
    await this.#pulse.start()
  }

  async stop(): Promise<void> {
    await this.#pulse.stop()
    this.#alone.stop()
    await this.metrics.stop()
  }
}

function createAloneWatch(node: StarlingNode): AloneWatch {
  const { network } = node.inside()

  return new AloneWatch({
    waits: node.waits,
    peers: () => network.peers().length,
    standing: () => network.dialStanding()
  })
}

function createContext(
  node: StarlingNode,
  feed: EventFeed,
  { dataDir, settings, logBook, requestStop }: InspectionInit,
  startedAt: string
): InspectContext {
  return {
    inside: () => node.inside(),
    memory: new NodeMemory(systemClock.now),
    rates: new RateMeter(),
    operator: new Operator({ waits: node.waits, isRunning: () => node.isRunning }),
    ...{ feed, dataDir, settings, logBook, requestStop, startedAt },
    now: systemClock.now,
    startedMs: systemClock.now()
  }
}
