import { KIND } from './digest.ts'
import type { Endpoint } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import type { World } from './world.ts'

/** Connects a newcomer with all who live and can be reached. Those who had not noticed that it was gone are not told. */
export function joined(world: World, newcomer: Endpoint): void {
  world.endpoints[newcomer.slot] = newcomer
  world.trace('joined', newcomer)
  for (const other of world.endpoints) {
    if (other === undefined || other === newcomer || !other.isAlive || !world.isReachable(newcomer, other)) continue
    newcomer.setConnected(other.slot, true)
    if (other.setConnected(newcomer.slot, true)) world.emit(other, 'peer:connected', { peer: newcomer.peer })
  }
}

/** Nobody is told; everyone notices after a while. */
export function crashed(world: World, gone: Endpoint): void {
  world.at(world.nowMs + world.detectMs, new Notice(world, gone))
}

/** Every peer is told, in one latency. Whoever can't be reached notices after a while. */
export function stopped(world: World, gone: Endpoint): void {
  for (const other of world.endpoints) {
    if (other === undefined || !other.isAlive || !other.isConnected(gone.slot)) continue
    const delayMs = world.isReachable(gone, other) ? world.links.drawMs(gone, other) : world.detectMs
    world.at(world.nowMs + delayMs, new Notice(world, gone, other))
  }
}

/** Told after a while, unless the groups were changed again meanwhile. */
export function partitioned(world: World): void {
  world.at(world.nowMs + world.detectMs, new Separation(world, world.groupings))
}

/** Everyone finds everyone again. */
export function healed(world: World): void {
  forEachPair(world, (a, b) => {
    if (a.setConnected(b.slot, true)) world.emit(a, 'peer:connected', { peer: b.peer })
  })
}

/** Both directions of each pair of living nodes. */
function forEachPair(world: World, visit: (a: Endpoint, b: Endpoint) => void): void {
  for (const a of world.endpoints) {
    if (!a.isAlive) continue
    for (const b of world.endpoints) if (a !== b && b.isAlive) visit(a, b)
  }
}

/** `peer` is no longer connected at `at`: what waited for it breaks off. */
function disconnect(world: World, at: Endpoint, gone: Endpoint): void {
  const wasConnected = at.setConnected(gone.slot, false)
  breakOff(at, gone)
  if (wasConnected) world.emit(at, 'peer:disconnected', { peer: gone.peer })
}

function breakOff(at: Endpoint, gone: Endpoint): void {
  if (at.exchanges.size === 0) return
  for (const exchange of [...at.exchanges]) if (exchange.to === gone) exchange.breakOff()
}

/** One peer, or all of them, notice that a node has gone. */
class Notice extends SimEvent {
  readonly kind = KIND.membership
  readonly mark = 0
  readonly fromSlot: number
  readonly toSlot: number
  readonly #world: World
  readonly #gone: Endpoint
  readonly #only: Endpoint | undefined

  constructor(world: World, gone: Endpoint, only?: Endpoint) {
    super()
    this.fromSlot = gone.slot
    this.toSlot = only?.slot ?? -1
    this.#world = world
    this.#gone = gone
    this.#only = only
  }

  fire(): boolean {
    if (this.#only !== undefined) this.#notice(this.#only)
    else for (const other of this.#world.endpoints) if (other !== this.#gone) this.#notice(other)

    return true
  }

  #notice(at: Endpoint): void {
    if (!at.isAlive) return

    // it may have come back before anyone noticed
    if (this.#world.endpoints[this.#gone.slot] === this.#gone) disconnect(this.#world, at, this.#gone)
    else breakOff(at, this.#gone)
  }
}

class Separation extends SimEvent {
  readonly kind = KIND.membership
  readonly mark = 1
  readonly fromSlot = -1
  readonly toSlot = -1
  readonly #world: World
  readonly #grouping: number

  constructor(world: World, grouping: number) {
    super()
    this.#world = world
    this.#grouping = grouping
  }

  fire(): boolean {
    const world = this.#world
    if (world.groupings !== this.#grouping) return false

    forEachPair(world, (a, b) => {
      if (!world.isReachable(a, b) && a.isConnected(b.slot)) disconnect(world, a, b)
    })

    return true
  }
}
