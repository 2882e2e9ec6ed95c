import { cpus } from 'node:os'
import { Command } from 'commander'
import { byzantineNodes } from '../../node/byzantine.ts'
import { checkJob } from '../../node/check-job.ts'
import { type Device, parseDevice, settleDevice } from '../../node/devices.ts'
import type { Job } from '../../node/job.ts'
import type { SimulationSpec } from '../../node/simulation-types.ts'
import { versions } from '../../node/versions.ts'
import { collect } from '../numbers.ts'
import { simulate } from '../sim/simulate.ts'
import { TraceFile } from '../sim/trace-file.ts'
import { describeWorld, type WorldFlags } from '../sim/world-flags.ts'
import { stopOnSignals } from '../stop.ts'
import { attacksInWords } from '../swarm/byzantine.ts'
import { compare } from '../swarm/compare.ts'
import { type JobFlags, swarmJob } from '../swarm/job-flags.ts'
import { addByzantineOption, addJobOptions } from '../swarm/job-options.ts'
import { Narrator } from '../swarm/narrator.ts'
import { renderReport } from '../swarm/report/report.ts'
import { printResult } from '../swarm/result.ts'
import { defaultFolder, RunFolder } from '../swarm/run-folder.ts'
import { newRunRecord, type SimulatedRun } from '../swarm/run-record.ts'
import { summarise } from '../swarm/summary.ts'

interface SimFlags extends JobFlags, WorldFlags {
  baselines?: boolean
  device: string
  out?: string
  trace?: string
  json?: boolean
  quiet?: boolean
  byzantine?: string[]
}

const MAX_NODES = 100_000

export function simCommand(): Command {
  const command = new Command('sim')
    .description('simulate a swarm of up to 100,000 nodes in virtual time: the same seed, the same run')
    .argument('[job.yaml]', 'the job; without one, a small default. Flags override it')

  return addByzantineOption(addJobOptions(command, { maxNodes: MAX_NODES }))
    .option('--omniscient', 'Byzantine nodes see all honest models of the moment, not only those that they received')
    .option('--latency <how>', 'constant:50, uniform:20-200, long-tail:60 (in ms) or matrix:FILE (long-tail:60)')
    .option('--bandwidth <how>', 'of each node: 50Mbit, 5Mbit/50Mbit (up/down) or unlimited (50Mbit)')
    .option('--loss <p>', 'fraction of messages that are lost (0)')
    .option('--duplication <p>', 'fraction of messages that come twice (0)')
    .option('--reordering <p>', 'fraction of messages that later ones overtake (0)')
    .option('--slow <fraction:factor>', 'slow nodes: 0.1:4 makes a tenth of them four times as slow')
    .option('--step-ms <t>', 'virtual time of one optimiser step, in milliseconds (5)')
    .option(
      '--churn <how>',
      'crash:0.2, leave:0.1, join:0.3, rejoin:0.2, crash:5/60s*16+300s or trace:FILE, with commas',
      (text, before?: string[]) => collect(text, before ?? [])
    )
    .option('--no-train', 'do not train: to look at the protocol alone')
    .option('--baselines', 'compare with training alone and pooled; takes long with many nodes')
    .option('--device <name>', 'auto, cpu, wasm, webgpu or cuda', 'auto')
    .option('--out <dir>', 'folder for job, events, summary and report (a new one under runs/)')
    .option('--trace <file>', 'write everything that the network does to this file, a line of JSON each')
    .option('--json', 'print the summary as the last line')
    .option('--quiet', 'print nothing but the result')
    .action(runSim)
}

async function runSim(jobPath: string | undefined, flags: SimFlags): Promise<void> {
  const { resolveSimulation } = await import('../../node/simulation-spec.ts')
  const job = await swarmJob(jobPath, flags)
  const byzantine = byzantineNodes(job, flags.byzantine ?? [])
  const spec = resolveSimulation(flags, byzantine)
  await checkJob(job)
  const device = await deviceFor(job, spec, flags)
  // before the folder: with a mistake in its path the folder can be named again
  const trace = flags.trace === undefined ? undefined : new TraceFile(flags.trace)
  const folder = await RunFolder.create(flags.out ?? defaultFolder(job.seed, '-sim'))
  const narrator = new Narrator({ quiet: flags.quiet === true, out: process.stderr })
  const simulated: SimulatedRun = {
    spec,
    flags: describeWorld(flags),
    result: undefined,
    virtualSeconds: 0,
    eventsSha256: undefined
  }
  const record = {
    ...newRunRecord(job, { versions: versions(), byzantine, device: spec.train ? device : 'none, no training' }),
    simulated
  }

  const stop = stopOnSignals({ onStdinEnd: false })
  stop.signal.addEventListener('abort', () => narrator.note('stopping; Ctrl-C again to end at once'))
  await folder.begin(job, record.versions, spec)
  narrator.note(
    `simulation of ${job.data.nodes} nodes, ${job.learner.name}, ${job.model.name} on ${job.data.set} (${job.data.partition}), ${record.device}`
  )
  if (byzantine.length > 0) narrator.note(`Byzantine ${attacksInWords(record.nodes)}`)

  try {
    await simulate({ record, folder, narrator, device, threads: cpus().length, trace, signal: stop.signal })
    if (flags.baselines === true && spec.train) await compare(record, { device, narrator, signal: stop.signal })
  } finally {
    narrator.end()
    stop.release()
    trace?.close()
    record.simulated.eventsSha256 = folder.eventsSha256()
    await folder.finish(summarise(record), renderReport(record))
  }
  printResult(record, folder, flags)
}

/** Without training there is nothing to choose by. */
async function deviceFor(job: Job, { train }: SimulationSpec, { device }: SimFlags): Promise<Device> {
  const choice = parseDevice(device)
  if (!train && choice === 'auto') return 'cpu'

  return settleDevice(choice, job)
}
