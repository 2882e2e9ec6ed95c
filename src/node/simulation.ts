import { VectorHeap } from '../math/vector-heap.ts'
import { parseAttack } from '../robust/attacks/registry.ts'
import { checkAttacks } from './byzantine.ts'
import { idleTrainers } from './simulation/idle-trainers.ts'
import { SimulatedSwarm } from './simulation/swarm.ts'
import { engineTrainers } from './simulation/trainers.ts'
import type { SimulationInit, SimulationResult } from './simulation-types.ts'

/** How often progress is reported, in real time. */
const PROGRESS_MS = 100

/**
 * Runs a job in a simulated world, from the first start to the last end. The
 * same job, spec and machine give the same events.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID; {CodedError} ERR_DATA_*, ERR_DEVICE_*, ERR_SIMULATION_STALLED; the
 *   signal's reason
 */
export async function runSimulation(init: SimulationInit): Promise<SimulationResult> {
  const { job, spec, device, threads, onEvent, onProgress, onTrace, signal } = init
  checkAttacks(
    job,
    (spec.byzantine?.nodes ?? []).map(({ attack }) => parseAttack(attack))
  )
  const vectors = new VectorHeap()
  const trainers = spec.train ? await engineTrainers({ job, device, threads, vectors }) : await idleTrainers(job)
  let swarm: SimulatedSwarm | undefined
  try {
    swarm = new SimulatedSwarm({
      job,
      spec,
      trainers,
      vectors,
      onEvent,
      ...(onTrace === undefined ? {} : { onTrace })
    })
    const running = swarm
    const { simulator } = running
    const report = (fraction: number): void =>
      onProgress({
        fraction,
        virtualMs: simulator.nowMs,
        events: simulator.events,
        round: running.round,
        live: running.live
      })
    const ticker = setInterval(() => report(running.progress), PROGRESS_MS)
    const startedMs = performance.now()
    try {
      running.start()
      await running.run(signal === undefined ? {} : { signal })
      signal?.throwIfAborted()
    } finally {
      clearInterval(ticker)
    }
    report(1)
    const { nowMs: virtualMs, events, digest } = simulator

    return { virtualMs, events, eventsPerSecond: (events / (performance.now() - startedMs)) * 1000, digest }
  } finally {
    await swarm?.stop()
    await trainers.close()
  }
}
