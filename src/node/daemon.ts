import type { AbortOptions, Startable } from '../interface/startable.ts'
import type { WaitRegister } from '../interface/waits.ts'
import { ControlService } from './control/control-service.ts'
import type { ControlEndpoint, ControlSetting } from './control/endpoint.ts'
import type { Environment } from './control/places.ts'
import { EventFeed } from './event-feed.ts'
import type { NodeEvent } from './events.ts'
import { createHandlers } from './inspect/handlers.ts'
import { NodeMemory } from './inspect/node-memory.ts'
import { Operator } from './inspect/operator.ts'
import { Pulse } from './inspect/pulse.ts'
import { RateMeter } from './inspect/rate-meter.ts'
import { WaitWatch } from './inspect/wait-watch.ts'
import type { LogBook } from './log/log-book.ts'
import { type NodeInit, StarlingNode } from './node.ts'
import type { DescribedSetting } from './settings/load.ts'
import { systemClock } from './system-clock.ts'

export interface DaemonInit extends Omit<NodeInit, 'logs'> {
  logBook: Pick<LogBook, 'of' | 'levels' | 'setLevel'>
  dataDir: string
  control: ControlSetting
  env: Environment
  /** What it was started with, and where from: for whoever asks. */
  settings: readonly DescribedSetting[]
  /** Has the node stopped, as a signal would. */
  requestStop: () => void
}

/** A node that can be looked into while it runs. */
export class Daemon implements Startable {
  readonly #node: StarlingNode
  readonly #feed: EventFeed
  readonly #pulse: Pulse
  readonly #control: ControlService

  private constructor(node: StarlingNode, feed: EventFeed, init: DaemonInit) {
    const { dataDir, control, env, job, logBook, settings, requestStop } = init
    const logs = logBook.of
    const log = logs('node')
    const onBug = (error: unknown): void => log('error', 'unexpected', { reason: (error as Error).stack ?? `${error}` })
    const memory = new NodeMemory(systemClock.now)
    const rates = new RateMeter()
    const operator = new Operator({ waits: node.waits, isRunning: () => node.isRunning })
    node.rests.add(operator.visit)
    this.#node = node
    this.#feed = feed
    this.#pulse = new Pulse({ clock: systemClock, onError: onBug })
    feed.on(memory.observe)
    const watch = new WaitWatch({ waits: node.waits, log: logs('waits') })
    this.#pulse.on((nowMs) => watch.look(nowMs))
    this.#pulse.on((nowMs) => rates.sample(node.inside().network.traffic(), nowMs))
    const startedAt = new Date().toISOString()
    const handlers = createHandlers({
      inside: () => node.inside(),
      ...{ memory, rates, feed, operator, logBook, dataDir, settings, startedAt, requestStop },
      now: systemClock.now,
      startedMs: systemClock.now()
    })
    const about = { peer: node.inside().network.self, job: job.name, startedAt }
    this.#control = new ControlService(
      { handlers, feed, waits: node.waits, onBug },
      { setting: control, dataDir, env, about, log: logs('control') }
    )
  }

  static async create(init: DaemonInit): Promise<Daemon> {
    const feed = new EventFeed()
    const node = await StarlingNode.create({ ...init, logs: init.logBook.of, emit: feed.emit })
    const daemon = new Daemon(node, feed, init)
    feed.on(init.emit)

    return daemon
  }

  get waits(): WaitRegister {
    return this.#node.waits
  }

  /** Where the control API listens, once started. */
  get endpoint(): ControlEndpoint | undefined {
    return this.#control.endpoint
  }

  /** Can be looked into at once, and then starts the node. A failed start undoes itself. */
  async start(): Promise<void> {
    try {
      await this.#control.start()
      await this.#pulse.start()
      await this.#node.start()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  run(options?: AbortOptions): Promise<void> {
    return this.#node.run(options)
  }

  save(path: string): Promise<void> {
    return this.#node.save(path)
  }

  /** Reports how it ended. */
  report(reason: Extract<NodeEvent, { event: 'node:stopped' }>['reason']): void {
    this.#feed.emit(this.#node.stopped(reason))
  }

  /** The node first: until it has stopped, one can see what it waits for. Idempotent. */
  async stop(): Promise<void> {
    await this.#node.stop()
    await this.#pulse.stop()
    await this.#control.stop()
  }
}
