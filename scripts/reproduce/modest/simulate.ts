import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { byzantineNodes } from '../../../src/node/byzantine.ts'
import { type JobInput, resolveJob } from '../../../src/node/job.ts'
import { idleTrainers } from '../../../src/node/simulation/idle-trainers.ts'
import { SimulatedSwarm } from '../../../src/node/simulation/swarm.ts'
import { engineTrainers } from '../../../src/node/simulation/trainers.ts'
import { resolveSimulation, type SimulationFlags } from '../../../src/node/simulation-spec.ts'
import type { SimulationEvent } from '../../../src/node/simulation-types.ts'

/** Of this many nodes at a time the training is computed; results do not depend on it. */
const THREADS = 2

/** A simulated swarm while it runs. */
export interface RunningSwarm {
  /** Bytes that all nodes have sent up to now, those that are gone included. */
  sentBytes(): number
  /** Of the scheduler, up to now. */
  events(): number
  /** Ends the run. */
  stop(): void
}

export interface SimulateInit {
  job: JobInput
  /** As on the command line. */
  flags?: SimulationFlags
  /** Who attacks, as with `--byzantine`: `4:alie`. */
  byzantine?: readonly string[]
  onEvent?: (ms: number, node: number, event: SimulationEvent, swarm: RunningSwarm) => void
}

export interface SimulatedRun {
  virtualMs: number
  /** Of the scheduler. */
  events: number
  /** Without the preparation of the data and the models. */
  wallMs: number
  /** Hash of all events. */
  digest: string
  sentBytes: number
}

/** Runs a job in the simulator, as `starling sim` does, with a look inside while it runs. */
export async function simulate({
  job: input,
  flags = {},
  byzantine = [],
  onEvent
}: SimulateInit): Promise<SimulatedRun> {
  const job = resolveJob(input, 'experiment')
  const spec = resolveSimulation(flags, byzantineNodes(job, byzantine))
  const vectors = new VectorHeap()
  const trainers = spec.train
    ? await engineTrainers({ job, device: 'cpu', threads: THREADS, vectors })
    : await idleTrainers(job)
  const stop = new AbortController()
  let swarm: SimulatedSwarm | undefined
  try {
    const world: SimulatedSwarm = new SimulatedSwarm({
      job,
      spec,
      trainers,
      vectors,
      onEvent: (ms, node, event) => {
        if (!stop.signal.aborted) onEvent?.(ms, node, event, running)
      }
    })
    const running: RunningSwarm = {
      sentBytes: () => sentBytes(world),
      events: () => world.simulator.events,
      stop: () => stop.abort()
    }
    swarm = world
    const startedMs = performance.now()
    world.start()
    await world.run({ signal: stop.signal })
    const wallMs = performance.now() - startedMs
    const { nowMs: virtualMs, events, digest } = world.simulator

    return { virtualMs, events, wallMs, digest, sentBytes: sentBytes(world) }
  } finally {
    await swarm?.stop()
    await trainers.close()
  }
}

function sentBytes({ nodes }: SimulatedSwarm): number {
  return nodes.reduce((sum, node) => sum + (node?.host.network.traffic().sent ?? 0), 0)
}
