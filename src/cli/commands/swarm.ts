import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { InvalidConfigError } from '../../interface/errors.ts'
import { byzantineNodes } from '../../node/byzantine.ts'
import { checkJob } from '../../node/check-job.ts'
import { parseDevice, settleDevice } from '../../node/devices.ts'
import { jobProgress } from '../../node/job-progress.ts'
import { checkSave } from '../../node/training.ts'
import { stopOnSignals } from '../stop.ts'
import { attacksInWords, isHonest } from '../swarm/byzantine.ts'
import { compare } from '../swarm/compare.ts'
import { type JobFlags, swarmJob } from '../swarm/job-flags.ts'
import { addByzantineOption, addJobOptions } from '../swarm/job-options.ts'
import { Narrator } from '../swarm/narrator.ts'
import { progressLine, progressLines } from '../swarm/progress.ts'
import { renderReport } from '../swarm/report/report.ts'
import { printResult } from '../swarm/result.ts'
import { defaultFolder, RunFolder } from '../swarm/run-folder.ts'
import type { RunRecord } from '../swarm/run-record.ts'
import { summarise } from '../swarm/summary.ts'
import { Swarm } from '../swarm/swarm.ts'

interface SwarmFlags extends JobFlags {
  device: string
  out?: string
  json?: boolean
  quiet?: boolean
  baselines: boolean
  save?: string
  byzantine?: string[]
  omniscient?: boolean
}

const MAX_NODES = 256
export function swarmCommand(): Command {
  const command = new Command('swarm')
    .description('run a swarm of real nodes on this machine, and compare it with training alone and pooled')
    .argument('[job.yaml]', 'the job; without one, a small default. Flags override it')

  return addByzantineOption(addJobOptions(command, { maxNodes: MAX_NODES }))
    .option('--device <name>', 'auto, cpu, wasm, webgpu or cuda', 'auto')
    .option('--out <dir>', 'folder for job, events, summary and report (a new one under runs/)')
    .option('--no-baselines', 'skip the comparison with alone and pooled')
    .option('--save <file>', 'at the end, let node 0 write its model to a safetensors file, for start: file:PATH')
    .addOption(new Option('--omniscient').hideHelp())
    .option('--json', 'print the summary as the last line')
    .option('--quiet', 'print nothing but the result')
    .action(runSwarm)
}

async function runSwarm(jobPath: string | undefined, flags: SwarmFlags): Promise<void> {
  const job = await swarmJob(jobPath, flags)
  if (job.membership !== undefined) {
    const remedy = 'leave membership out of its job, or start its nodes with starling node'
    throw new InvalidConfigError(`a local swarm makes nodes of its own, whom nobody has invited: ${remedy}`)
  }
  refuseOmniscience(flags)
  if (flags.save !== undefined) checkSave(job)
  const byzantine = byzantineNodes(job, flags.byzantine ?? [])
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
    byzantine,
    save: flags.save === undefined ? undefined : resolve(flags.save),
    signal: stop.signal,
    onChange: ({ record: { nodes }, seconds }) => {
      const input = { job, nodes, progress: jobProgress(job, nodes.filter(isHonest), seconds), seconds }
      narrator.update({
        progress: input.progress,
        screen: () => progressLines(input),
        line: () => progressLine(input)
      })
    },
    onNote: (text) => narrator.note(text)
  })
  await folder.begin(job, swarm.record.versions)
  narrator.note(
    `swarm of ${job.data.nodes} nodes, ${job.model.name} on ${job.data.set} (${job.data.partition}), ${device}`
  )
  if (byzantine.length > 0) narrator.note(`Byzantine ${attacksInWords(swarm.record.nodes)}`)

  try {
    await swarm.run()
    if (flags.save !== undefined) narrator.note(savedInWords(swarm.record, flags.save))
    if (flags.baselines) await compare(swarm.record, { device, narrator, signal: stop.signal })
  } finally {
    narrator.end()
    stop.release()
    await folder.finish(summarise(swarm.record), renderReport(swarm.record))
  }
  printResult(swarm.record, folder, flags)
}

function savedInWords({ nodes: [saver], interrupted }: RunRecord, path: string): string {
  const isSaved = saver?.state === 'left' && !interrupted

  return isSaved ? `model of node 0: ${path}` : 'warning: node 0 did not finish, and its model is not saved'
}

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID for what only a simulation can do */
function refuseOmniscience({ omniscient }: SwarmFlags): void {
  if (omniscient !== true) return

  throw new InvalidConfigError(
    '--omniscient: real attackers know what they receive; to let them see every model, run it with "starling sim"'
  )
}
