import type { Peer } from '../interface/network.ts'
import { neighbours, orderMembers, parseTopology } from '../sampling/topology.ts'
import type { Job } from './job.ts'

/** Pairs of places in `peers` that exchange models in the first round, for drawing; none with a learner that samples. */
export function topologyEdges(job: Job, peers: readonly Peer[]): [number, number][] {
  const { learner } = job
  // with a sample of members, everybody exchanges with everybody in the long run: nothing to draw
  if (!('topology' in learner)) return []

  const topology = parseTopology(learner.topology)
  const ordered = orderMembers(peers, job.seed)
  const edges = new Map<string, [number, number]>()
  for (const [at, self] of peers.entries()) {
    for (const peer of neighbours(topology, { ordered, self, round: 1, seed: job.seed })) {
      const to = peers.indexOf(peer)
      edges.set(`${Math.min(at, to)}-${Math.max(at, to)}`, [Math.min(at, to), Math.max(at, to)])
    }
  }

  return [...edges.values()]
}
