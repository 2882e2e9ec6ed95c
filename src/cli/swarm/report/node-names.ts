import { formatClasses, formatPercent, shortPeer } from '../../format.ts'
import type { NodeRecord, NodeState } from '../run-record.ts'

/** So many nodes get a colour each; the eye can't tell more apart. */
export const COLOURED_NODES = 8
/** So many nodes are drawn and listed one by one; of more, a page shows how they are distributed, and the extremes. */
export const DRAWN_NODES = 64

const STATES: Readonly<Record<NodeState, string>> = {
  starting: 'stopped while starting',
  ready: 'stopped before training',
  train: 'stopped while training',
  settle: 'stopped while settling',
  done: 'finished',
  left: 'finished',
  died: 'died',
  withdrawn: 'left early'
}

/** Where a node stood when the run was over. */
export function stateName(state: NodeState): string {
  return STATES[state]
}

/** The CSS class that carries a node's colour: in a large swarm all nodes share a quiet one, and attackers always do. */
export function colourClass({ index, attack }: Pick<NodeRecord, 'index' | 'attack'>, nodeCount: number): string {
  if (attack !== undefined) return 'byzantine'

  return nodeCount <= COLOURED_NODES && index < COLOURED_NODES ? `n${index}` : 'quiet'
}

/** One line on a node, for the tool tips of its marks. */
export function describeNode(node: NodeRecord): string {
  const classes = formatClasses(node.classCounts)

  return [
    `node ${node.index} ${node.peer === undefined ? '' : shortPeer(node.peer)}`.trim(),
    ...(classes === '' ? [] : [`classes ${classes}`]),
    ...(node.accuracy === undefined ? [] : [`accuracy ${formatPercent(node.accuracy)}`]),
    ...(node.state === 'died' ? ['died'] : []),
    ...(node.attack === undefined ? [] : [`Byzantine: ${node.attack}`])
  ].join(', ')
}

/** "1 node", "3 nodes". */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}
