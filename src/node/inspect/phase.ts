import type { NodeInside } from './inside.ts'

/** What a node can be doing. */
export const PHASES = ['starting', 'waiting', 'idle', 'train', 'settle', 'done'] as const

export type NodePhase = (typeof PHASES)[number]

/** `starting`: loads its data; `waiting`: for peers; then what its learner says. */
export function phaseOf({ trainer, learner }: Pick<NodeInside, 'trainer' | 'learner'>): NodePhase {
  if (trainer === undefined) return 'starting'

  return learner === undefined ? 'waiting' : learner.status.phase
}
