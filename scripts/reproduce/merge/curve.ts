import type { Engine } from '../../../src/train/engine/engine.ts'
import { type SwarmInit, type SwarmPoint, SwarmRounds } from './swarm-rounds.ts'

export interface CurveInit extends SwarmInit {
  /** At most so many rounds. */
  rounds: number
  /** Rounds between two points. */
  every: number
  /** Ends at the first point where the mean accuracy is so high. */
  until?: number
}

export interface Curve {
  points: SwarmPoint[]
  /** Of every round, from the first: see {@link SwarmPoint.factor}. Empty where nothing is stretched. */
  factors: number[]
}

/** How the accuracy of a swarm grows, round by round. */
export async function drawCurve(engine: Engine, { rounds, every, until = Infinity, ...init }: CurveInit) {
  const swarm = await SwarmRounds.open(engine, init)
  const curve: Curve = { points: [], factors: [] }
  try {
    for (let round = 1; round <= rounds; round++) {
      await swarm.step()
      if (swarm.factor !== undefined) curve.factors.push(swarm.factor)
      if (round % every !== 0) continue
      const point = await swarm.measure()
      curve.points.push(point)
      if (point.accuracy >= until) break
    }
  } finally {
    await swarm.close()
  }

  return curve
}

/** The first round that was measured where the mean accuracy is at least `accuracy`; undefined when it never is. */
export function roundsTo({ points }: Curve, accuracy: number): number | undefined {
  return points.find((point) => point.accuracy >= accuracy)?.round
}
