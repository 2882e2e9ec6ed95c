import { Command, Option } from 'commander'
import { InvalidConfigError } from '../../interface/errors.ts'
import { type ByzantineRole, parseRole } from '../../node/byzantine.ts'
import { Daemon } from '../../node/daemon.ts'
import { chooseShare } from '../../node/data-share.ts'
import type { NodeEvent } from '../../node/events.ts'
import { loadIdentity } from '../../node/identity.ts'
import { readJob } from '../../node/job-file.ts'
import { loadSettings } from '../../node/settings/load.ts'
import { checkSave } from '../../node/training.ts'
import { describeEvent } from '../describe-event.ts'
import { createLog } from '../log.ts'
import { collect, wholeNumber } from '../numbers.ts'
import { addSettingOptions, configOf, type SettingFlags } from '../setting-options.ts'
import { StopRequest, stopOnSignals } from '../stop.ts'

interface ResearchFlags {
  attack?: string
  attackers?: number
  accomplice?: string[]
}

type NodeFlags = SettingFlags & ResearchFlags

const MAX_PEERS = 100_000
const RESEARCH = 'For research'

export function nodeCommand(): Command {
  const command = new Command('node')
    .description('run one node of a job, until its budget is spent or Ctrl-C')
    .argument('<job.yaml>', 'the job; every node of a swarm has the same')

  return addResearchOptions(addSettingOptions(command)).action(runNode)
}

function addResearchOptions(command: Command): Command {
  const attackers = wholeNumber(1, MAX_PEERS)

  return command
    .addOption(
      new Option('--attack <name>', 'play a Byzantine node; docs/ROBUST.md has the attacks').helpGroup(RESEARCH)
    )
    .addOption(
      new Option('--attackers <n>', 'with --attack: Byzantine nodes of the swarm, this one included')
        .argParser(attackers)
        .helpGroup(RESEARCH)
    )
    .addOption(
      new Option('--accomplice <peer>', 'with --attack: peer id of another of them (may be repeated)')
        .argParser(collectMore)
        .helpGroup(RESEARCH)
    )
}

async function runNode(jobPath: string, flags: NodeFlags): Promise<void> {
  const byzantine = byzantineRole(flags)
  const job = await readJob(jobPath)
  const { settings } = await loadSettings({
    flags,
    config: configOf(flags),
    env: process.env,
    cwd: process.cwd(),
    jobName: job.name
  })
  const { dataDir, save, slice, data, json } = settings
  if (save !== undefined) checkSave(job)
  const privateKey = await loadIdentity(dataDir)
  const stop = stopOnSignals({ onForce: () => undefined, onStdinEnd: settings.stopOnStdinEnd })
  const emit = json ? printJson : printLine

  let node: Daemon | undefined
  try {
    node = await Daemon.create({
      job,
      privateKey,
      listen: settings.listen,
      join: settings.join,
      device: settings.device,
      threads: settings.threads,
      share: (self) =>
        chooseShare(job, self, {
          ...(slice === undefined ? {} : { slice }),
          ...(data === undefined ? {} : { own: data })
        }),
      awaitPeers: settings.awaitPeers,
      awaitMs: settings.awaitSeconds * 1000,
      dataDir,
      control: settings.control,
      env: process.env,
      requestStop: () => stop.request('stopped through the control API'),
      ...(byzantine === undefined ? {} : { byzantine }),
      emit,
      log: createLog({ level: settings.verbose ? 'debug' : 'warn', json })
    })
    await node.start()
    await untilDone(node, { signal: stop.signal, save })
  } finally {
    try {
      await node?.stop()
    } finally {
      // also when no node came to be: a standard input that is listened to keeps the process alive
      stop.release()
    }
  }
}

const collectMore = (text: string, before: readonly string[] = []): string[] => collect(text, before)

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID */
function byzantineRole({ attack, attackers, accomplice = [] }: ResearchFlags): ByzantineRole | undefined {
  if (attack !== undefined) return parseRole({ attack, attackers, accomplices: accomplice })
  if (attackers === undefined && accomplice.length === 0) return undefined

  throw new InvalidConfigError(`--${attackers === undefined ? 'accomplice' : 'attackers'} goes with --attack only`)
}

async function untilDone(
  node: Daemon,
  { signal, save }: { signal: AbortSignal; save: string | undefined }
): Promise<void> {
  try {
    await node.run({ signal })
    if (save !== undefined) await node.save(save)
    node.report('finished')
  } catch (error) {
    node.report(error instanceof StopRequest ? 'signal' : 'failed')
    if (!(error instanceof StopRequest)) throw error
  }
}

function printJson(event: NodeEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

function printLine(event: NodeEvent): void {
  const line = describeEvent(event)
  if (line !== undefined) process.stdout.write(`${line}\n`)
}
