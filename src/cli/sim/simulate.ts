import type { DeviceChoice } from '../../node/devices.ts'
import type { SimulationEvent, SimulationProgress, SimulationResult } from '../../node/simulation-types.ts'
import { topologyEdges } from '../../node/topology-edges.ts'
import type { Narrator } from '../swarm/narrator.ts'
import { newestAccuracy } from '../swarm/progress.ts'
import { DRAWN_NODES } from '../swarm/report/node-names.ts'
import type { RunFolder } from '../swarm/run-folder.ts'
import { type RunRecord, recordRunEvent, type SimulatedRun } from '../swarm/run-record.ts'
import { simulationLine, simulationLines } from './progress.ts'
import type { TraceFile } from './trace-file.ts'

export interface SimulateInit {
  record: RunRecord & { simulated: SimulatedRun }
  folder: RunFolder
  narrator: Narrator
  device: DeviceChoice
  threads: number
  trace: TraceFile | undefined
  signal: AbortSignal
}

/**
 * Runs a simulation into its record and its folder. An abort is no failure: the record says that the run was
 * interrupted.
 */
export async function simulate(init: SimulateInit): Promise<void> {
  const { record, signal } = init
  const startedMs = performance.now()
  const seconds = (): number => (performance.now() - startedMs) / 1000
  try {
    record.simulated.result = await run(init, seconds)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    record.seconds = seconds()
    record.interrupted = signal.aborted
    record.edges = edges(record)
  }
}

async function run(init: SimulateInit, seconds: () => number): Promise<SimulationResult> {
  const { record, narrator, device, threads, trace, signal } = init
  const { job, simulated } = record
  // only here: the nodes of a swarm run this program too, and start the sooner without it
  const { runSimulation } = await import('../../node/simulation.ts')
  const result = await runSimulation({
    job,
    spec: simulated.spec,
    device,
    threads,
    onEvent: (ms, node, event) => onEvent(init, ms / 1000, node, event),
    onProgress: (progress) => show(narrator, record, progress, seconds()),
    ...(trace === undefined ? {} : { onTrace: (line) => trace.write(line) }),
    signal
  })
  simulated.virtualSeconds = result.virtualMs / 1000

  return result
}

function onEvent(init: SimulateInit, seconds: number, index: number, event: SimulationEvent): void {
  const { record, folder } = init
  record.simulated.virtualSeconds = seconds
  folder.event(seconds, index, event)
  // a model that nothing was trained on has an accuracy that says nothing
  if (event.event === 'model:evaluated' && !record.simulated.spec.train) return
  recordRunEvent(record, index, event, seconds)
  if (event.event === 'node:stopped' && event.reason === 'failed') {
    const why = event.code === undefined ? '' : `: ${event.code}`
    Object.assign(record.nodes[index]!, { state: 'died', reason: `its learner failed${why}` })
  }
}

function show(narrator: Narrator, record: RunRecord, progress: SimulationProgress, seconds: number): void {
  const { job, nodes } = record
  const standing = () => ({ ...progress, nodes: nodes.length, seconds, accuracy: newestAccuracy(job, nodes) })
  narrator.update({
    progress: progress.fraction,
    screen: () => simulationLines(standing()),
    line: () => simulationLine(standing())
  })
}

/** None for more nodes than are drawn: looking for them takes long. */
function edges({ job, nodes }: RunRecord): [number, number][] {
  const peers = nodes.flatMap(({ peer }) => peer ?? [])

  return peers.length === nodes.length && nodes.length <= DRAWN_NODES ? topologyEdges(job, peers) : []
}
