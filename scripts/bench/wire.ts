import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { generateKey } from '../../src/gossip/key.ts'
import { GossipNetwork } from '../../src/gossip/network.ts'
import type { Learner } from '../../src/interface/learner.ts'
import { createLayout } from '../../src/interface/params.ts'
import type { Trainer } from '../../src/interface/trainer.ts'
import { WaitRegister } from '../../src/interface/waits.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { canonicalJob, isProjectionJob, jobId, type ProjectionJob, resolveJob } from '../../src/node/job.ts'
import { createProjectionLearner } from '../../src/node/projection-learner.ts'
import { keySigning } from '../../src/node/signing.ts'
import { systemClock } from '../../src/node/system-clock.ts'

const DIM = 100
/** Connections, hellos and first questions are over by then. */
const WARM_UP_STEPS = 320
const JOIN_MS = 60_000
const POLL_MS = 20

interface WireNode {
  network: GossipNetwork
  learner: Learner
}

/**
 * Bytes on the wire for a projection and a peer that receives it: nodes of the learner spsa over TCP on loopback, in
 * one process, with a loss that costs nothing but time. Counted at the socket, Noise, Yamux, gossipsub, questions for
 * what is missing and keep-alives included, from when all have written 320 projections to when the first has written
 * all.
 *
 * Options: --nodes 2,4,8 --steps N --step-ms T --batch N (projections in a message)
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      nodes: { type: 'string', default: '2,4,8' },
      steps: { type: 'string', default: '3200' },
      'step-ms': { type: 'string', default: '5' },
      batch: { type: 'string', default: '32' }
    }
  })
  const [steps, stepMs, batch] = [values.steps, values['step-ms'], values.batch].map(Number) as [number, number, number]
  console.log('nodes  projections  payload B  wire B  wire B per projection and receiving peer')
  for (const count of values.nodes.split(',').map(Number)) {
    const { projections, bytes, seconds } = await measure({ count, steps, stepMs, batch })
    const each = bytes / (projections * (count - 1))
    const rate = Math.round(projections / count / seconds)
    console.log(
      `${`${count}`.padStart(5)}  ${`${projections}`.padStart(11)}  ${`${projections}`.padStart(9)}  ${`${bytes}`.padStart(6)}  ${each.toFixed(2)} at ${rate} projections a node and second`
    )
  }
}

interface MeasureInit {
  count: number
  steps: number
  stepMs: number
  batch: number
}

async function measure({ count, steps, stepMs, batch }: MeasureInit) {
  const job = jobOf(count, steps, batch)
  const nodes: WireNode[] = []
  const stop = new AbortController()
  const runs: Promise<void>[] = []
  try {
    for (let i = 0; i < count; i++) nodes.push(await startNode(job, nodes[0]?.network.addresses() ?? [], stepMs))
    await until(() => nodes.every(({ network }) => network.peers().length === count - 1), JOIN_MS)
    runs.push(...nodes.map(({ learner }) => learner.run({ signal: stop.signal })))
    const endMs = JOIN_MS + 20 * steps * stepMs
    await until(() => nodes.every(({ learner }) => learner.status.steps >= WARM_UP_STEPS), endMs)
    const from = { ...totals(nodes), ms: performance.now() }
    await until(() => nodes.some(({ learner }) => learner.status.steps >= steps), endMs)
    const to = { ...totals(nodes), ms: performance.now() }

    return { projections: to.steps - from.steps, bytes: to.sent - from.sent, seconds: (to.ms - from.ms) / 1000 }
  } finally {
    stop.abort(new Error('measured'))
    await Promise.allSettled(runs)
    await Promise.all(nodes.map(({ network }) => network.stop()))
  }
}

function jobOf(count: number, steps: number, batch: number): ProjectionJob {
  const job = resolveJob(
    {
      model: { name: 'linear' },
      data: { nodes: count },
      learner: { name: 'spsa', batchProjections: batch },
      budget: { rounds: steps },
      evaluation: { points: 0 }
    },
    'bench'
  )
  if (!isProjectionJob(job)) throw new Error('not a job of projections')

  return job
}

async function startNode(job: ProjectionJob, bootstrap: readonly string[], stepMs: number): Promise<WireNode> {
  const privateKey = await generateKey()
  const waits = new WaitRegister({ clock: systemClock })
  const network = await GossipNetwork.create({
    privateKey,
    bootstrap,
    jobId: jobId(job),
    jobJson: canonicalJob(job),
    agent: 'starling/bench',
    waits,
    clock: systemClock
  })
  await network.start()
  const parts = {
    network,
    clock: systemClock,
    waits,
    vectors: new VectorHeap(),
    emit: () => undefined,
    signing: keySigning(privateKey)
  }

  return { network, learner: createProjectionLearner(job, parts, new SlowBowl(stepMs / 2)) }
}

/** Half the squared length of the params, which takes a while to say. */
class SlowBowl implements Trainer {
  readonly layout = createLayout([{ name: 'w', shape: [DIM], kind: 'kernel' }])
  readonly exampleCount = 1
  readonly params = new Float32Array(DIM)
  readonly #lossMs: number

  constructor(lossMs: number) {
    this.#lossMs = lossMs
  }

  async loss(): Promise<number> {
    await delay(this.#lossMs)

    return this.params.reduce((sum, value) => sum + value * value, 0) / 2
  }

  async evaluate() {
    return { accuracy: 0, loss: await this.loss(), examples: 1 }
  }

  train = notHere
  fisher = notHere
  probe = notHere

  state(): never {
    throw new Error('nothing is kept here')
  }

  restore(): void {}

  async close(): Promise<void> {}
}

async function notHere(): Promise<never> {
  throw new Error('the learner spsa takes losses only')
}

function totals(nodes: readonly WireNode[]): { steps: number; sent: number } {
  return {
    steps: nodes.reduce((sum, { learner }) => sum + learner.status.steps, 0),
    sent: nodes.reduce((sum, { network }) => sum + network.traffic().sent, 0)
  }
}

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  const untilMs = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`not within ${timeoutMs} ms: ${condition}`)
    await delay(POLL_MS)
  }
}
