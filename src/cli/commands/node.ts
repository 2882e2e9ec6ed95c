import { homedir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { InvalidConfigError } from '../../interface/errors.ts'
import { type ByzantineRole, parseRole } from '../../node/byzantine.ts'
import { parseControl } from '../../node/control/endpoint.ts'
import { Daemon } from '../../node/daemon.ts'
import { chooseShare, type ShareChoice } from '../../node/data-share.ts'
import { parseDevice } from '../../node/devices.ts'
import type { NodeEvent } from '../../node/events.ts'
import { loadIdentity } from '../../node/identity.ts'
import { readJob } from '../../node/job-file.ts'
import { checkSave } from '../../node/training.ts'
import { describeEvent } from '../describe-event.ts'
import { createLog } from '../log.ts'
import { collect, positiveNumber, wholeNumber } from '../numbers.ts'
import { StopRequest, stopOnSignals } from '../stop.ts'

interface NodeFlags extends ShareChoice {
  dataDir: string
  control: string
  listen?: string[]
  join?: string[]
  device: string
  threads: number
  awaitPeers: number
  awaitSeconds: number
  json?: boolean
  verbose?: boolean
  stopOnStdinEnd?: boolean
  data?: string
  save?: string
  attack?: string
  attackers?: number
  accomplice?: string[]
}

/** Reachable from the machine's networks, on a free port. */
const DEFAULT_LISTEN = '/ip4/0.0.0.0/tcp/0'
const MAX_PEERS = 100_000

function defaultDataDir(): string {
  return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'starling', 'node')
}

export function nodeCommand(): Command {
  return new Command('node')
    .description('run one node of a job, until its budget is spent or Ctrl-C')
    .argument('<job.yaml>', 'the job; every node of a swarm has the same')
    .option('--data-dir <dir>', 'where the node keeps its key, and what its filter remembers', defaultDataDir())
    .option('--control <where>', 'where to ask the running node: unix, off, or tcp://127.0.0.1:PORT', 'unix')
    .option('--join <multiaddr>', 'address of a node to join through (may be repeated)', collectMore)
    .option('--listen <multiaddr>', `address to listen on (may be repeated; ${DEFAULT_LISTEN})`, collectMore)
    .option('--device <name>', 'auto, cpu, wasm, webgpu or cuda', 'auto')
    .option('--threads <n>', 'threads that a training step may use', wholeNumber(1, 1024), 1)
    .option('--slice <i>', "train on this slice of the job's data, from 0", wholeNumber(0, MAX_PEERS))
    .option('--data <set>', 'train on data of your own instead; it stays on this machine')
    .option('--await-peers <n>', 'peers to wait for before the first round', wholeNumber(0, MAX_PEERS), 0)
    .option('--await-seconds <t>', 'how long to wait for them', positiveNumber, 3600)
    .option('--save <file>', 'at the end, write the model to a safetensors file, for start: file:PATH')
    .option('--attack <name>', 'for research: play a Byzantine node; docs/ROBUST.md has the attacks')
    .option(
      '--attackers <n>',
      'with --attack: Byzantine nodes of the swarm, this one included',
      wholeNumber(1, MAX_PEERS)
    )
    .option('--accomplice <peer>', 'with --attack: peer id of another of them (may be repeated)', collectMore)
    .option('--json', 'print events as lines of JSON')
    .option('--verbose', 'log what happens on the network')
    .option('--stop-on-stdin-end', 'stop when standard input ends, as it does when the parent process dies')
    .action(runNode)
}

async function runNode(jobPath: string, flags: NodeFlags): Promise<void> {
  const byzantine = byzantineRole(flags)
  const job = await readJob(jobPath)
  if (flags.save !== undefined) checkSave(job)
  const device = parseDevice(flags.device)
  const control = parseControl(flags.control)
  const privateKey = await loadIdentity(flags.dataDir)
  const stop = stopOnSignals({ onForce: () => undefined, onStdinEnd: flags.stopOnStdinEnd === true })
  const emit = flags.json === true ? printJson : printLine
  const { slice, data } = flags

  let node: Daemon | undefined
  try {
    node = await Daemon.create({
      job,
      privateKey,
      listen: flags.listen ?? [DEFAULT_LISTEN],
      join: flags.join ?? [],
      device,
      threads: flags.threads,
      share: (self) =>
        chooseShare(job, self, {
          ...(slice === undefined ? {} : { slice }),
          ...(data === undefined ? {} : { own: data })
        }),
      awaitPeers: flags.awaitPeers,
      awaitMs: flags.awaitSeconds * 1000,
      dataDir: flags.dataDir,
      control,
      env: process.env,
      requestStop: () => stop.request('stopped through the control API'),
      ...(byzantine === undefined ? {} : { byzantine }),
      emit,
      log: createLog({ level: flags.verbose === true ? 'debug' : 'warn', json: flags.json === true })
    })
    await node.start()
    await untilDone(node, { signal: stop.signal, save: flags.save })
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
function byzantineRole({ attack, attackers, accomplice = [] }: NodeFlags): ByzantineRole | undefined {
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
