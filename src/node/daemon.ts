import type { AbortOptions, Startable } from '../interface/startable.ts'
import type { WaitRegister } from '../interface/waits.ts'
import { ControlService } from './control/control-service.ts'
import type { ControlEndpoint, ControlSetting } from './control/endpoint.ts'
import { EventFeed } from './event-feed.ts'
import type { NodeEvent } from './events.ts'
import { GarbageWatch } from './garbage-watch.ts'
import { Inspection, type InspectionInit } from './inspect/inspection.ts'
import { phaseOf } from './inspect/phase.ts'
import type { MetricsAddress } from './metrics/address.ts'
import { MetricsServer } from './metrics/metrics-server.ts'
import { type NodeInit, StarlingNode } from './node.ts'
import type { Environment } from './settings/environment.ts'
import { stopInOrder } from './stop-in-order.ts'
import { systemClock } from './system-clock.ts'

export interface DaemonInit extends Omit<NodeInit, 'logs'>, InspectionInit {
  dataDir: string
  control: ControlSetting
  /** @default metrics are served through the control API only */
  metrics?: MetricsAddress | undefined
  env: Environment
}

/** A node that can be looked into while it runs. */
export class Daemon implements Startable {
  readonly #node: StarlingNode
  readonly #feed: EventFeed
  readonly #inspection: Inspection
  readonly #control: ControlService
  readonly #metrics: MetricsServer | undefined
  readonly #garbage = new GarbageWatch({ clock: systemClock })
  #isStopping = false

  private constructor(node: StarlingNode, feed: EventFeed, init: DaemonInit) {
    this.#node = node
    this.#feed = feed
    this.#inspection = new Inspection(node, feed, init)
    this.#control = this.#createControl(init)
    this.#metrics = this.#createMetrics(init)
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

  /** Port of the metrics, once started. */
  get metricsPort(): number | undefined {
    return this.#metrics?.port
  }

  /** Can be looked into at once, and then starts the node. A failed start undoes itself. */
  async start(): Promise<void> {
    try {
      await this.#control.start()
      await this.#inspection.start()
      await this.#metrics?.start()
      await this.#node.start()
      await this.#garbage.start()
    } catch (error) {
      await this.stop().catch(() => undefined) // why it did not start says more
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
    this.#isStopping = true
    await stopInOrder([
      () => this.#node.stop(),
      () => this.#garbage.stop(),
      () => this.#metrics?.stop(),
      () => this.#inspection.stop(),
      () => this.#control.stop()
    ])
  }

  #createControl({ control, dataDir, env, job, logBook }: DaemonInit): ControlService {
    const { handlers, startedAt } = this.#inspection
    const log = logBook.of('control')
    const about = { peer: this.#node.inside().network.self, job: job.name, startedAt }
    const onBug = (error: Error): void => log('error', 'unexpected', { reason: error.stack ?? `${error}` })

    return new ControlService(
      { handlers, feed: this.#feed, waits: this.#node.waits, onBug },
      { setting: control, dataDir, env, about, log }
    )
  }

  #createMetrics({ metrics: address, logBook }: DaemonInit): MetricsServer | undefined {
    if (address === undefined) return undefined
    const log = logBook.of('metrics')

    return new MetricsServer(
      { metrics: () => this.#inspection.metrics.text(), notReady: () => this.#notReady(), log },
      address
    )
  }

  #notReady(): string | undefined {
    if (this.#isStopping) return 'the node stops'

    return phaseOf(this.#node.inside()) === 'starting' ? 'the node starts: it loads its data and its model' : undefined
  }
}
