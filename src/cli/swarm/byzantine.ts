import type { NodeRecord } from './run-record.ts'

type Attacking = Pick<NodeRecord, 'index' | 'attack'>

/** More nodes than this are counted, not named. */
const NAMED_NODES = 10

/** All figures of a run are those of the nodes that do not attack. */
export function isHonest({ attack }: Pick<NodeRecord, 'attack'>): boolean {
  return attack === undefined
}

/** `nodes 5, 6: a-little-is-enough; node 7: nan`; empty when nobody attacks. */
export function attacksInWords(nodes: readonly Attacking[]): string {
  const attacks = [...new Set(nodes.flatMap(({ attack }) => attack ?? []))]

  return attacks.map((attack) => `${namesOf(nodes.filter((node) => node.attack === attack))}: ${attack}`).join('; ')
}

/** The flags that made these nodes attack, to run it again. */
export function byzantineFlags(nodes: readonly Attacking[]): string {
  const groups: { attack: string; count: number }[] = []
  for (const { attack } of nodes) {
    if (attack === undefined) continue
    const last = groups.at(-1)
    if (last?.attack === attack) last.count++
    else groups.push({ attack, count: 1 })
  }

  return groups.map(({ attack, count }) => `--byzantine ${count}:${attack}`).join(' ')
}

function namesOf(nodes: readonly Attacking[]): string {
  if (nodes.length > NAMED_NODES) return `${nodes.length} nodes`

  return `${nodes.length === 1 ? 'node' : 'nodes'} ${nodes.map(({ index }) => index).join(', ')}`
}
