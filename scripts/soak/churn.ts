import type { Rng } from '../../src/interface/rng.ts'

/** `crash`: SIGKILL. `leave`: SIGTERM. `pause`, `resume`: SIGSTOP, SIGCONT. `start`: as a newcomer, or again. */
export type ChurnAction = 'crash' | 'leave' | 'pause' | 'resume' | 'start'

export interface ChurnOrder {
  /** Since all daemons of the start were ready. */
  seconds: number
  action: ChurnAction
  node: number
}

export interface ChurnPlan {
  /** Nodes that run from start to end. */
  stable: readonly number[]
  /** Joins in the middle, and stays. */
  newcomer: number
  /** In order of time. */
  orders: readonly ChurnOrder[]
}

/** What happens to a daemon, each in turn, so that every run has all of them. */
const TROUBLES = ['crash', 'leave', 'pause'] as const
/** Between two troubles of one daemon, as a fraction of the run. A long run has many. */
const GAP = { min: 0.12, max: 0.3 }
const MAX_GAP_SECONDS = 300
/** From a daemon's end to its next start: before the others have noticed, or after. */
const AWAY_SECONDS = { min: 0.5, max: 20 }
/** Some pauses are shorter than every deadline, others longer than most. */
const PAUSE_SECONDS = { min: 3, max: 30 }
/** Nothing happens in the last part, so that everybody is seen to go on. */
const CALM = { fraction: 0.2, maxSeconds: 90 }
const JOINS_AT = 0.35

/**
 * Who comes and goes at which moment. Half of the nodes are left alone, to be judged over the whole run; one of these
 * is the first.
 *
 * @param nodes - at the start, from 2
 * @param seconds - of the run
 */
export function drawChurn(rng: Rng, { nodes, seconds }: { nodes: number; seconds: number }): ChurnPlan {
  const troubled = rng.shuffle(Array.from({ length: nodes - 1 }, (_, i) => i + 1)).slice(0, Math.floor(nodes / 2))
  const endSeconds = seconds - Math.min(CALM.fraction * seconds, CALM.maxSeconds)
  const newcomer = nodes
  const orders: ChurnOrder[] = [{ seconds: JOINS_AT * seconds, action: 'start', node: newcomer }]
  for (const [turn, node] of troubled.entries()) orders.push(...troublesOf(rng, { node, turn, seconds, endSeconds }))

  return {
    stable: Array.from({ length: nodes }, (_, i) => i).filter((node) => !troubled.includes(node)),
    newcomer,
    orders: orders.sort((a, b) => a.seconds - b.seconds)
  }
}

interface TroubleInit {
  node: number
  /** Where in the list of troubles this node begins. */
  turn: number
  seconds: number
  endSeconds: number
}

function troublesOf(rng: Rng, { node, turn, seconds, endSeconds }: TroubleInit): ChurnOrder[] {
  const orders: ChurnOrder[] = []
  const gap = (): number => Math.min(between(rng, GAP) * seconds, MAX_GAP_SECONDS)
  let at = gap()
  for (let i = turn; ; i++) {
    const action = TROUBLES[i % TROUBLES.length]!
    const isOver = at + between(rng, action === 'pause' ? PAUSE_SECONDS : AWAY_SECONDS)
    if (isOver > endSeconds) return orders
    orders.push({ seconds: at, action, node })
    orders.push({ seconds: isOver, action: action === 'pause' ? 'resume' : 'start', node })
    at = isOver + gap()
  }
}

function between(rng: Rng, { min, max }: { min: number; max: number }): number {
  return min + (max - min) * rng.uniform()
}
