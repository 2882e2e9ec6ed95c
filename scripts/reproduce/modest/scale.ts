import { writeFileSync } from 'node:fs'
import type { JobInput } from '../../../src/node/job.ts'
import { peerNames } from '../../../src/node/simulation/peer-names.ts'
import { activeMembers, activityWindow } from '../../../src/sampling/active.ts'
import { MemberView } from '../../../src/sampling/member-view.ts'
import { orderKey, PeerOrder } from '../../../src/sampling/order.ts'
import { renderChart } from '../chart.ts'
import type { Part, PartOptions, PartResult } from '../result.ts'
import { simulate } from './simulate.ts'

const SAMPLE = 10
const SIZES = [100, 300, 1000]
const QUICK_SIZES = [100, 200]
/** Between these rounds bytes are counted: after everyone has joined, and before the final model goes out. */
const FROM_ROUND = 10
const UNTIL_ROUND = 110
const LAST_ROUND = UNTIL_ROUND + 5
const MAX_GROWTH = 1.1
const TURNS = 30
const CHOICES = 20

interface Size {
  nodes: number
  /** Per node and round, between the two rounds. */
  bytes: number
  /** Per node until the first of them, beyond what rounds cost. */
  joinBytes: number
  /** Per node after the last, beyond what rounds cost: the final model for everybody. */
  finalBytes: number
  /** Time to choose a sample. */
  chooseMs: number
  hashMs: number
}

/** More nodes, the same sample. */
export const scale: Part = { about: 'bytes and the cost of choosing as the swarm grows', run: runScale }

async function runScale({ quick, plots, log }: PartOptions): Promise<PartResult> {
  const sizes: Size[] = []
  for (const nodes of quick ? QUICK_SIZES : SIZES) {
    const size = { nodes, ...(await trafficOf(nodes)), ...choiceOf(nodes) }
    log(`${nodes} nodes: ${size.bytes.toFixed(0)} bytes a node and round, ${size.chooseMs.toFixed(3)} ms to choose`)
    sizes.push(size)
  }
  if (plots !== undefined) draw(plots, sizes)
  const [first] = sizes as [Size]
  const growths = sizes.map(({ nodes, bytes }) => (nodes * bytes) / (first.nodes * first.bytes))
  const costs = sizes.map(({ nodes, chooseMs }) => chooseMs / nodes / (first.chooseMs / first.nodes))

  return {
    tables: [
      {
        head: [
          'nodes',
          'kB a node and round',
          'n x bytes, relative',
          'kB a node to join',
          'kB a node at the end',
          'ms to choose a sample',
          'of which hashing names',
          'ms to choose / n, relative'
        ],
        rows: sizes.map((size, i) => [
          size.nodes,
          kB(size.bytes),
          growths[i]!.toFixed(3),
          kB(size.joinBytes),
          kB(size.finalBytes),
          size.chooseMs.toFixed(3),
          `${((100 * size.hashMs) / size.chooseMs).toFixed(0)} %`,
          costs[i]!.toFixed(2)
        ])
      }
    ],
    checks: [
      {
        what: 'bytes per node and round times n, over those of the smallest swarm',
        found: growths.map((growth) => growth.toFixed(3)).join(', '),
        wanted: `at most ${MAX_GROWTH}: falls as 1/n`,
        holds: growths.every((growth) => growth <= MAX_GROWTH)
      },
      {
        what: 'time to choose a sample over n, over that of the smallest swarm',
        found: costs.map((cost) => cost.toFixed(2)).join(', '),
        wanted: 'at most 1.3: grows no faster than n, but for the noise of a shared machine',
        holds: costs.every((cost) => cost <= 1.3)
      }
    ]
  }
}

function jobOf(nodes: number): JobInput {
  return {
    data: { set: 'fashion-mnist', partition: 'iid', nodes },
    model: { name: 'mlp', hidden: [64] },
    learner: { name: 'modest', sample: SAMPLE },
    budget: { rounds: LAST_ROUND },
    evaluation: { points: 0 }
  }
}

async function trafficOf(nodes: number): Promise<{ bytes: number; joinBytes: number; finalBytes: number }> {
  const at = new Map<number, number>()
  const { sentBytes } = await simulate({
    job: jobOf(nodes),
    flags: { train: false },
    onEvent: (_ms, _node, event, swarm) => {
      if (event.event !== 'model:aggregated') return
      const { round } = event
      if ((round === FROM_ROUND || round === UNTIL_ROUND) && !at.has(round)) at.set(round, swarm.sentBytes())
    }
  })
  const [from, until] = [at.get(FROM_ROUND)!, at.get(UNTIL_ROUND)!]
  const bytes = (until - from) / nodes / (UNTIL_ROUND - FROM_ROUND)

  return {
    bytes,
    // half of the first round's models, and those that are about to be handed out, have not been sent
    joinBytes: from / nodes - (FROM_ROUND - 1.5) * bytes,
    finalBytes: (sentBytes - until) / nodes - (LAST_ROUND - UNTIL_ROUND) * bytes
  }
}

/** What `Sampler` does to choose, and the hashing in it alone, in turns. The fastest: other work only adds to it. */
function choiceOf(nodes: number): { chooseMs: number; hashMs: number } {
  const peers = peerNames(nodes, 1)
  const self = peers[0]!
  const view = new MemberView({ self, maxMembers: 2 * nodes })
  view.seed(peers)
  const choose = (round: number): unknown => {
    const { active } = activeMembers(view, { round, window: activityWindow(nodes, SAMPLE), self })
    return new PeerOrder(active, { round }).take(SAMPLE)
  }
  const hash = (round: number): unknown => peers.map((peer) => orderKey(peer, round))
  const chooseMs: number[] = []
  const hashMs: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    chooseMs.push(timeOf(choose))
    hashMs.push(timeOf(hash))
  }

  return { chooseMs: Math.min(...chooseMs), hashMs: Math.min(...hashMs) }
}

function timeOf(work: (round: number) => unknown): number {
  const startedMs = performance.now()
  for (let round = 1; round <= CHOICES; round++) work(round)

  return (performance.now() - startedMs) / CHOICES
}

function kB(bytes: number): string {
  return (bytes / 1000).toFixed(bytes < 10_000 ? 2 : 1)
}

function draw(plots: URL, sizes: readonly Size[]): void {
  const [first] = sizes as [Size]
  const [low, high] = [sizes[0]!.nodes, sizes.at(-1)!.nodes]
  const x = { title: 'nodes', range: [low, high] as const, isLogarithmic: true, ticks: sizes.map(({ nodes }) => nodes) }
  writeFileSync(
    new URL('modest-scale.svg', plots),
    renderChart({
      title: 'Bytes sent by a node in a round, sample of 10, model of 204 kB',
      x,
      y: {
        title: 'kB a node and round',
        range: [1, 100],
        isLogarithmic: true,
        ticks: [1, 2, 5, 10, 20, 50, 100]
      },
      lines: [
        { title: 'measured', points: sizes.map(({ nodes, bytes }) => [nodes, bytes / 1000]) },
        {
          title: 'falling as 1/n',
          points: sizes.map(({ nodes }) => [nodes, (first.bytes * first.nodes) / nodes / 1000])
        }
      ]
    })
  )
}
