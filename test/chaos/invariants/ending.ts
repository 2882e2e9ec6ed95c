import { CodedError } from '../../../src/interface/errors.ts'
import { peerNames } from '../../../src/node/simulation/peer-names.ts'
import { orderMembers } from '../../../src/sampling/topology.ts'
import { isRunning, type Life } from '../life.ts'
import type { Scenario } from '../scenario.ts'
import type { Invariant, Watch } from '../watch.ts'

interface Patience {
  roundMs: number
  endMs: number
}

/**
 * Nodes of MoDeST that were cut off while the others finished, or come back just as they do, go on alone, and slowly:
 * nobody tells them that they are.
 */
const LONELY: Patience = { roundMs: 180_000, endMs: 600_000 }

/** The longest that one round, and what comes after the last, may take when no more faults come: deadlines of the learner. */
function patience({ learner, partitions }: Scenario): Patience {
  switch (learner) {
    case 'gossip':
      return { roundMs: 15_000, endMs: 240_000 }
    case 'modest':
      return partitions.length > 0 ? LONELY : { roundMs: 30_000, endMs: 300_000 }
    case 'spsa':
      return { roundMs: 5_000, endMs: 600_000 }
    case 'dpsgd':
      return { roundMs: 60_000, endMs: 300_000 }
    case 'fedavg':
      return { roundMs: 15_000, endMs: 240_000 }
  }
}

/**
 * Once faults are over, everybody who lives finishes within a bounded time. Nobody fails, but for a node of federated
 * averaging whose server it has lost.
 */
export function ending(watch: Watch): Invariant {
  const { scenario } = watch
  const rounds = scenario.job.budget.rounds!
  const { learner } = scenario.job
  const trainMs = ('localSteps' in learner ? learner.localSteps : 1) * scenario.spec.stepMs * scenario.spec.slow.factor
  const latest = ({ roundMs, endMs }: Patience): number => scenario.calmMs + rounds * (roundMs + trainMs) + endMs
  const [latestMs, lonelyMs] = [latest(patience(scenario)), latest(LONELY)]

  return {
    afterEvent: () => {
      if (watch.nowMs <= latestMs) return
      const [late, ...others] = watch.lives.filter((life) => life !== undefined && life.node.end === undefined)
      if (late === undefined) return
      if (scenario.learner === 'modest' && others.length === 0 && watch.nowMs <= lonelyMs) return
      const waits = late.node.waits.list().map(({ what }) => what)
      const { phase, round } = late.node.learner?.status ?? { phase: 'starting', round: 0 }
      const why = `still in phase ${phase}, round ${round}, ${Math.round(watch.nowMs - scenario.calmMs)} ms after the last fault`
      watch.report('everybody-ends', late.index, `${why}; waits for: ${waits.join('; ') || 'nothing'}`)
    },
    onEvent: (life, event) => {
      if (event.event !== 'node:stopped' || event.reason !== 'failed') return
      // the node knows its error a moment later
      queueMicrotask(() => checkFailure(watch, life))
    },
    atEnd: () => {
      const running = watch.past.find(isRunning)
      if (running !== undefined) watch.report('everybody-ends', running.index, 'it never ended')
    }
  }
}

function checkFailure(watch: Watch, { node, index }: Life): void {
  const { failure } = node
  const code = failure instanceof CodedError ? failure.code : 'no code'
  if (watch.scenario.learner === 'fedavg' && code === 'ERR_SERVER_LOST' && mayHaveLostServer(watch.scenario, index))
    return

  watch.report('nobody-fails', index, `failed with ${code}: ${String((failure as Error)?.stack ?? failure)}`)
}

/**
 * Without a fault that can take the server away, or keep it away, there is no losing it. Who comes when the server is
 * about to finish, and loses its words, finds nobody either.
 */
function mayHaveLostServer({ partitions, orders, job, nodes }: Scenario, index: number): boolean {
  const peers = peerNames(nodes, job.seed)
  const server = peers.indexOf(orderMembers(peers, job.seed)[0]!)

  return partitions.length > 0 || orders.some(({ node }) => node === server || node === index)
}
