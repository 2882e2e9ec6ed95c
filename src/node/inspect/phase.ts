import type { Learner } from '../../interface/learner.ts'
import type { NodeInside } from './inside.ts'

/** What a node can be doing. */
export const PHASES = ['starting', 'waiting', 'idle', 'train', 'settle', 'done'] as const

export type NodePhase = (typeof PHASES)[number]

/** `starting`: loads its data; `waiting`: for peers; then what its learner says. */
export function phaseOf({ trainer, learner }: Pick<NodeInside, 'trainer' | 'learner'>): NodePhase {
  if (trainer === undefined) return 'starting'

  return learner === undefined ? 'waiting' : learner.status.phase
}

/** Does the learner work, so that its rests come? None come to one that observes. */
export function comesToRest(learner: Learner | undefined): boolean {
  const phase = learner?.status.phase

  return phase === 'train' || phase === 'settle'
}
