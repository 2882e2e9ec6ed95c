import { InvalidConfigError } from '../interface/errors.ts'
import type { Rng } from '../interface/rng.ts'
import { createRng } from '../math/philox.ts'
import type { ChurnAction, ChurnOrder, ChurnSpec } from './churn-spec.ts'

/** `progress` is a fraction of the run: nobody knows how long a run of so many rounds takes. */
export type ChurnMoment = { readonly progress: number } | { readonly seconds: number }

/** In a plan, `rejoin` is the coming back of a node that crashed or left. */
export interface ChurnEntry {
  readonly at: ChurnMoment
  readonly action: ChurnAction
  /** Index from 0. */
  readonly node: number
}

export interface ChurnPlan {
  /** Nodes that are not there at the start, ascending. */
  readonly absent: readonly number[]
  /** Those by progress, then those by time; each in order. */
  readonly entries: readonly ChurnEntry[]
}

/** The first and the last moment of what is drawn over the progress: neither start-up nor the end. */
const PROGRESS = { first: 0.1, last: 0.9 }

type Drawing = Extract<ChurnSpec, { kind: 'fraction' | 'waves' }>

/**
 * Which node does what, and when. A pure function of its arguments. A node
 * belongs to one part of the spec: moments by progress and by time have no
 * order that is known before the run, so nothing else may happen to it.
 *
 * @param options.nodes - how many there are in all, the absent ones included
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID when there are not enough nodes, or a trace contradicts itself
 */
export function planChurn(specs: readonly ChurnSpec[], { nodes, seed }: { nodes: number; seed: number }): ChurnPlan {
  const draw = new Draw(nodes, createRng(seed, 'sim:churn'))
  const orders = specs.flatMap((spec) => (spec.kind === 'trace' ? spec.orders : []))
  const absent = new Set(checkTrace(orders, nodes))
  for (const { node } of orders) draw.remove(node)

  const entries: ChurnEntry[] = orders.map(({ seconds, action, node }) => ({ at: { seconds }, action, node }))
  for (const spec of specs) {
    if (spec.kind === 'trace') continue
    const taken = spec.kind === 'fraction' ? drawFraction(draw, spec, nodes) : drawWaves(draw, spec)
    entries.push(...taken)
    if (spec.action === 'join') for (const { node } of taken) absent.add(node)
  }
  if (absent.size === nodes) throw new InvalidConfigError('churn: nobody would be there at the start')

  return { absent: [...absent].sort((a, b) => a - b), entries: entries.sort(byMoment) }
}

/** Nodes that nothing happens to so far. */
class Draw {
  readonly #free: number[]
  readonly #nodes: number
  readonly rng: Rng

  constructor(nodes: number, rng: Rng) {
    this.rng = rng
    this.#nodes = nodes
    this.#free = rng.shuffle(Array.from({ length: nodes }, (_, node) => node))
  }

  remove(node: number): void {
    const place = this.#free.indexOf(node)
    if (place !== -1) this.#free.splice(place, 1)
  }

  take(count: number, { action }: Drawing): number[] {
    if (count > this.#free.length) {
      throw new InvalidConfigError(
        `churn: ${action} needs ${count} nodes, and of ${this.#nodes} only ${this.#free.length} are left`
      )
    }

    return this.#free.splice(0, count)
  }
}

function drawFraction(draw: Draw, spec: Extract<ChurnSpec, { kind: 'fraction' }>, nodes: number): ChurnEntry[] {
  const { action } = spec

  return draw.take(Math.round(spec.fraction * nodes), spec).flatMap((node): ChurnEntry[] => {
    const progress = drawProgress(draw.rng)
    if (action !== 'rejoin') return [{ at: { progress }, action, node }]

    const other = drawProgress(draw.rng)
    return [
      { at: { progress: Math.min(progress, other) }, action: 'crash', node },
      { at: { progress: Math.max(progress, other) }, action: 'rejoin', node }
    ]
  })
}

function drawProgress(rng: Rng): number {
  return PROGRESS.first + (PROGRESS.last - PROGRESS.first) * rng.uniform()
}

function drawWaves(draw: Draw, spec: Extract<ChurnSpec, { kind: 'waves' }>): ChurnEntry[] {
  const { action, count, everySeconds, times, fromSeconds } = spec
  const taken = draw.take(count * times, spec)

  return taken.map((node, i) => {
    const seconds = fromSeconds + Math.floor(i / count) * everySeconds
    return { at: { seconds }, action, node }
  })
}

/** @returns the nodes that are absent at first: those whose first order is to join */
function checkTrace(orders: readonly ChurnOrder[], nodes: number): number[] {
  const isThere = new Map<number, boolean>()
  const absent: number[] = []
  for (const { seconds, action, node } of [...orders].sort((a, b) => a.seconds - b.seconds)) {
    const where = `churn trace, ${seconds} s: node ${node}`
    if (node >= nodes) throw new InvalidConfigError(`${where} does not exist, there are ${nodes}`)

    const wasThere = isThere.get(node) ?? action !== 'join'
    if (!isThere.has(node) && action === 'join') absent.push(node)
    const arrives = action === 'join' || action === 'rejoin'
    if (arrives === wasThere) throw new InvalidConfigError(`${where} is ${wasThere ? 'there already' : 'gone already'}`)
    if (action === 'join' && isThere.has(node)) {
      throw new InvalidConfigError(`${where} was there before: that is a rejoin`)
    }
    isThere.set(node, arrives)
  }

  return absent
}

function byMoment(a: ChurnEntry, b: ChurnEntry): number {
  const isA = 'progress' in a.at
  if (isA !== 'progress' in b.at) return isA ? -1 : 1
  const difference = timeOf(a.at) - timeOf(b.at)

  return difference === 0 ? a.node - b.node : difference
}

function timeOf(moment: ChurnMoment): number {
  return 'progress' in moment ? moment.progress : moment.seconds
}
