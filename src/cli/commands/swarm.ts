import { cpus } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { CodedError } from '../../interface/errors.ts'
import { runBaselines } from '../../node/baseline.ts'
import { checkJob } from '../../node/check-job.ts'
import { parseDevice, settleDevice } from '../../node/devices.ts'
import { jobProgress } from '../../node/job-progress.ts'
import { EXIT } from '../exit-codes.ts'
import { positiveNumber, wholeNumber } from '../numbers.ts'
import { stopOnSignals } from '../stop.ts'
import { type JobFlags, swarmJob } from '../swarm/job-flags.ts'
import { Narrator } from '../swarm/narrator.ts'
import { renderReport } from '../swarm/report/report.ts'
import { RunFolder } from '../swarm/run-folder.ts'
import type { RunRecord } from '../swarm/run-record.ts'
import { summarise } from '../swarm/summary.ts'
import { Swarm } from '../swarm/swarm.ts'
import { finalTable } from '../swarm/table.ts'

interface SwarmFlags extends JobFlags {
  device: string
  out?: string
  json?: boolean
  quiet?: boolean
  baselines: boolean
}

const MAX_NODES = 256
const MAX_COUNT = 0x7fff_ffff

export function swarmCommand(): Command {
  return new Command('swarm')
    .description('run a swarm of real nodes on this machine, and compare it with training alone and pooled')
    .argument('[job.yaml]', 'the job; without one, a small default. Flags override it')
    .option('--nodes <n>', 'number of nodes (8)', wholeNumber(1, MAX_NODES))
    .option('--data <set>', 'glyphs, fashion-mnist, mnist, idx:DIR, csv:FILE or text:FILE (glyphs)')
    .option('--partition <how>', 'iid, classes:K or dirichlet:ALPHA (classes:2)')
    .option('--model <name>', 'linear, mlp, lenet, resnet8 or gpt (mlp)')
    .option('--learner <name>', 'gossip')
    .option('--topology <graph>', 'ring, full, regular:K or random:K (regular:4)')
    .option('--rounds <n>', 'rounds to train', wholeNumber(1, MAX_COUNT))
    .option('--seconds <t>', 'or: seconds to train', positiveNumber)
    .option('--local-steps <n>', 'optimiser steps in a round (10)', wholeNumber(1, MAX_COUNT))
    .option('--batch-size <n>', 'examples in a step (32)', wholeNumber(1, 65_536))
    .option('--learning-rate <x>', 'largest step size (depends on the model)', positiveNumber)
    .option('--seed <n>', 'decides data, partition, first model and batches (1)', wholeNumber(0, 0xffff_ffff))
    .option('--device <name>', 'auto, cpu, wasm, webgpu or cuda', 'auto')
    .option('--out <dir>', 'folder for job, events, summary and report (a new one under runs/)')
    .option('--no-baselines', 'skip the comparison with alone and pooled')
    .option('--json', 'print the summary as the last line')
    .option('--quiet', 'print nothing but the result')
    .action(runSwarm)
}

async function runSwarm(jobPath: string | undefined, flags: SwarmFlags): Promise<void> {
  const job = await swarmJob(jobPath, flags)
  await checkJob(job)
  const device = await settleDevice(parseDevice(flags.device), job)
  const folder = await RunFolder.create(flags.out ?? defaultFolder(job.seed))
  const narrator = new Narrator({ quiet: flags.quiet === true, out: process.stderr })

  let swarm: Swarm | undefined
  const stop = stopOnSignals({ onForce: () => swarm?.killAll(), onStdinEnd: false })
  stop.signal.addEventListener('abort', () => narrator.note('stopping all nodes; Ctrl-C again to kill them'))
  swarm = new Swarm({
    job,
    folder,
    device,
    signal: stop.signal,
    onChange: ({ record, seconds }) =>
      narrator.update({ nodes: record.nodes, progress: jobProgress(job, record.nodes, seconds), seconds }),
    onNote: (text) => narrator.note(text)
  })
  await folder.begin(job, swarm.record.versions)
  narrator.note(
    `swarm of ${job.data.nodes} nodes, ${job.model.name} on ${job.data.set} (${job.data.partition}), ${device}`
  )

  try {
    await swarm.run()
    await compare(swarm.record, { flags, device, narrator, signal: stop.signal })
  } finally {
    narrator.end()
    stop.release()
    await folder.finish(summarise(swarm.record), renderReport(swarm.record))
  }
  printResult(swarm.record, folder, flags)
}

async function compare(
  record: RunRecord,
  { flags, device, narrator, signal }: { flags: SwarmFlags; device: string; narrator: Narrator; signal: AbortSignal }
): Promise<void> {
  const finished = record.nodes.some(({ accuracy }) => accuracy !== undefined)
  if (!flags.baselines || !finished || signal.aborted) return

  narrator.begin('baselines: each node alone, and one model on the pooled data')
  record.baseline = await runBaselines({
    job: record.job,
    device: parseDevice(device),
    threads: cpus().length,
    steps: record.nodes.map((node) => (node.accuracy === undefined ? 0 : node.steps)),
    onProgress: (fraction) => narrator.bar(fraction),
    signal
  }).catch((error: unknown) => {
    if (signal.aborted) return undefined
    throw error
  })
}

function printResult(record: RunRecord, folder: RunFolder, { json, quiet }: SwarmFlags): void {
  const summary = summarise(record)
  const finished = record.nodes.length - summary.died.length
  const lines = [finalTable(record), `report   ${join(folder.path, 'report.html')}`]
  if (folder.failure !== undefined) lines.push(`warning  the run folder is incomplete: ${folder.failure.message}`)
  if (json !== true || quiet !== true) process.stdout.write(`${lines.join('\n')}\n`)
  if (json === true) process.stdout.write(`${JSON.stringify(summary)}\n`)
  if (record.interrupted) process.exitCode = EXIT.interrupted
  else if (finished === 0) throw new CodedError('ERR_SWARM_DIED', `no node finished: ${record.nodes[0]?.reason ?? ''}`)
}

/** A folder of its own for each run, named so that they sort by time. */
function defaultFolder(seed: number): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-')

  return join('runs', `${time}-seed-${seed}`)
}
