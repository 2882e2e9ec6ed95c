import { InvalidConfigError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { Action } from './action.ts'
import { Endpoint } from './endpoint.ts'
import { SimHost } from './host.ts'
import { hashName } from './latency.ts'
import type { Bandwidth, LinkSpec } from './link-spec.ts'
import { healed, joined, partitioned } from './membership.ts'
import { type RunEnd, RunLoop, type RunOptions } from './run-loop.ts'
import type { TraceEvent } from './trace.ts'
import { World } from './world.ts'

export interface SimulatorInit {
  /** uint32: decides all that is left to chance. */
  seed: number
  links: LinkSpec
  /** Told of all that happens. Costs time: leave it out for speed. */
  onTrace?: (event: TraceEvent) => void
}

export interface JoinOptions {
  /**
   * Times that this machine takes for work that an ordinary one does in one.
   * @default 1
   */
  slowness?: number
  /** @default that of the links */
  bytesPerSecond?: Bandwidth
  /** Models on offer at a time. @default as many as a real node may have */
  maxOffers?: number
}

/**
 * A network of machines in memory, with time of its own: a deterministic
 * discrete-event simulation. The same seed and the same program give the same
 * events in the same order, however long real work takes and whatever the
 * threads do. Everything between two events happens at one moment: all
 * promises that can settle have settled before the next event.
 */
export class Simulator {
  readonly #world: World
  readonly #links: LinkSpec
  #isRunning = false

  constructor(init: SimulatorInit) {
    checkLinks(init.links)
    this.#links = init.links
    this.#world = new World(init)
  }

  /** Virtual milliseconds since the beginning. */
  get nowMs(): number {
    return this.#world.nowMs
  }

  /** Processed so far. */
  get events(): number {
    return this.#world.events
  }

  /** Still to come. */
  get pending(): number {
    return this.#world.queue.size
  }

  /** 64 hex digits over all events so far: the same for two runs only if they were the same. */
  get digest(): string {
    return this.#world.digest.finish(this.#world.events)
  }

  /**
   * A machine starts, connected with all that live (in its part of the network). One that crashed or stopped may come
   * back under its name, with nothing of its past.
   *
   * @throws {InvalidConfigError} ERR_CONFIG_INVALID when it is there already, or an option is out of range
   */
  join(
    peer: Peer,
    { slowness = 1, bytesPerSecond = this.#links.bytesPerSecond, maxOffers }: JoinOptions = {}
  ): SimHost {
    const world = this.#world
    if (world.find(peer)?.isAlive) throw new InvalidConfigError(`"${peer}" is in the simulation already`)
    if (!(slowness > 0)) throw new InvalidConfigError(`slowness ${slowness}: expected a number above 0`)
    checkBandwidth(bytesPerSecond)

    const slot = world.slotOf(peer)
    const group = world.groupOf(peer)
    const endpoint = new Endpoint({ slot, peer, nameHash: hashName(peer), bytesPerSecond, group, maxOffers })
    world.digest.add(world.nowMs, 0, slot, -1, endpoint.nameHash)
    joined(world, endpoint)

    return new SimHost(world, endpoint, slowness)
  }

  /** @returns cancels it */
  schedule(delayMs: number, act: () => void): () => void {
    const { queue, nowMs } = this.#world
    const action = new Action(act)
    queue.push(nowMs + Math.max(0, delayMs), action)

    return () => queue.cancel(action)
  }

  /**
   * Cuts the network: nodes of different groups cannot reach each other; those that no group names are one more group.
   * Peers count as disconnected after a while. Takes the place of an earlier partition.
   */
  partition(groups: readonly (readonly Peer[])[]): void {
    this.#world.setGroups(groups)
    this.#world.trace('partitioned')
    partitioned(this.#world)
  }

  /** Ends a partition: all are connected with all again. */
  heal(): void {
    this.#world.setGroups([])
    this.#world.trace('healed')
    healed(this.#world)
  }

  /**
   * Lets time pass until there is a reason to stop. Rejects with what `until`, `afterEvent` or a scheduled action
   * throw, and with errors of handlers and listeners that nobody foresaw.
   */
  async run(options: RunOptions): Promise<RunEnd> {
    if (this.#isRunning) throw new RangeError('the simulation is running already')

    this.#isRunning = true
    try {
      return await new RunLoop(this.#world, options).run()
    } finally {
      this.#isRunning = false
    }
  }
}

function checkLinks({ bytesPerSecond, loss, duplication, reordering, detectMs }: LinkSpec): void {
  checkBandwidth(bytesPerSecond)
  for (const [name, fraction] of Object.entries({ loss, duplication, reordering })) {
    if (!(fraction >= 0 && fraction <= 1)) throw new InvalidConfigError(`${name} ${fraction}: expected 0 to 1`)
  }
  if (!(detectMs >= 0)) throw new InvalidConfigError(`detectMs ${detectMs}: expected a number from 0`)
}

function checkBandwidth({ up, down }: Bandwidth): void {
  if (!(up > 0 && down > 0)) {
    throw new InvalidConfigError(`bandwidth ${up} up, ${down} down: expected bytes a second above 0`)
  }
}
