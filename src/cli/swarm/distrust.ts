import { isHonest } from './byzantine.ts'
import type { PeerScore, RunRecord } from './run-record.ts'

/** What an honest node's filter says of a peer. */
export interface Opinion extends PeerScore {
  /** Who says it. */
  node: number
  /** Of whom: the index of a node of the run. */
  of: number
}

/** A node, and those whose models it leaves out. */
export interface Distrust {
  node: number
  excluded: Pick<Opinion, 'of' | 'score' | 'round' | 'reason'>[]
}

/** How many honest nodes leave out whom at the end, for people. */
export function distrustInWords(run: RunRecord): string {
  const distrusts = distrustOf(run).filter(({ excluded }) => excluded.length > 0)
  if (distrusts.length === 0) return 'At the end nobody is left out.'
  const times = (count: number, whom: string): string => `${count === 1 ? 'once' : `${count} times`} ${whom}`
  const of = distrusts.flatMap(({ excluded }) => excluded.map((each) => run.nodes[each.of]!))
  const honest = of.filter(isHonest).length
  const isAttacked = !run.nodes.every(isHonest)
  const whom = isAttacked
    ? `${times(of.length - honest, 'a Byzantine one')}, ${times(honest, 'an honest one')}`
    : times(honest, 'in all')

  return `At the end ${distrusts.length} of ${run.nodes.filter(isHonest).length} ${isAttacked ? 'honest nodes' : 'nodes'} leave peers out: ${whom}.`
}

/** All that honest nodes' filters have said of peers, by node and then by peer. Strangers to the run are left out. */
export function opinionsOf({ nodes }: Pick<RunRecord, 'nodes'>): Opinion[] {
  const indices = new Map(nodes.map(({ peer, index }) => [peer, index]))

  return nodes.filter(isHonest).flatMap(({ index: node, scores }) =>
    [...scores]
      .flatMap(([peer, score]) => {
        const of = indices.get(peer)
        return of === undefined ? [] : [{ node, of, ...score }]
      })
      .sort((a, b) => a.of - b.of)
  )
}

/** Whom each honest node leaves out at the end, nodes that leave out nobody included. */
export function distrustOf(run: RunRecord): Distrust[] {
  const opinions = opinionsOf(run).filter(({ excluded }) => excluded)

  return run.nodes.filter(isHonest).map(({ index }) => ({
    node: index,
    excluded: opinions
      .filter(({ node }) => node === index)
      .map(({ of, score, round, reason }) => ({ of, score, round, reason }))
  }))
}
