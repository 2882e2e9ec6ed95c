import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Rng } from '../../src/interface/rng.ts'
import type { NodeEvent } from '../../src/node/events.ts'
import { KEY_NAME } from '../../src/node/identity.ts'
import { jobId } from '../../src/node/job.ts'
import { readJob } from '../../src/node/job-file.ts'
import { CheckpointFolder, checkpointFolder } from '../../src/store/checkpoint/folder.ts'
import { readCheckpoint } from '../../src/store/checkpoint/read.ts'

/** Momentum matters here: the step size stays large, and a round is few steps. */
const JOB = `name: crash
seed: 11
model: { name: mlp, hidden: [32] }
data: { set: glyphs }
optimiser: { name: OPTIMISER }
learningRate: { schedule: constant }
learner: { name: gossip, localSteps: 10 }
evaluation: { points: 0 }
budget: { rounds: 1000000 }
`
const CHECKPOINT_SECONDS = 0.25
/** One kill in so many comes while the node starts. */
const EARLY_ONE_IN = 10
const START_MS = 1500
const RUN_MS = 2500
const LIFE_LIMIT_MS = 120_000

export interface KillLoopInit {
  /** Everything is in there. */
  folder: string
  kills: number
  /** Draws when. */
  rng: Rng
  optimiser: 'sgd' | 'adamw'
  /** Changes the newest checkpoint between two lives: to see the checks fail. */
  tamper?: (folder: CheckpointFolder) => Promise<void>
  onLife?: (life: LifeReport) => void
}

export interface LifeReport {
  readonly index: number
  /** What it went on from; undefined when it began, or was killed before. */
  readonly resumed: number | undefined
  /** Rounds that it ended. */
  readonly rounds: number
  readonly saved: number
}

export interface KillLoopResult {
  readonly lives: readonly LifeReport[]
  /** Loss of each round, by round. */
  readonly losses: ReadonlyMap<number, number>
  /** What was not as it should be, as sentences. */
  readonly breaches: readonly string[]
  /** Rounds that two lives did, because the first was killed before it had kept them. */
  readonly redone: number
}

/** A node that is killed at random moments and started again, so many times; each life is held to what the last one left. */
export async function killLoop(init: KillLoopInit): Promise<KillLoopResult> {
  const { folder, kills, rng, tamper, onLife } = init
  const job = join(folder, 'job.yaml')
  writeFileSync(job, JOB.replace('OPTIMISER', init.optimiser))
  const dataDir = join(folder, 'data')
  const checkpoints = new CheckpointFolder(checkpointFolder(dataDir, jobId(await readJob(job))), { keep: 3 })
  const losses = new Map<number, number>()
  const lives: LifeReport[] = []
  const breaches: string[] = []
  let redone = 0
  for (let index = 0; index <= kills; index++) {
    const before = await checkpoints.list()
    const isEarly = rng.below(EARLY_ONE_IN) === 0
    const afterMs = Math.round(rng.uniform() * (isEarly ? START_MS : RUN_MS))
    const events = await liveAndDie(['node', job, '--data-dir', dataDir], { isEarly, afterMs })
    const breach = (what: string): number => breaches.push(`life ${index}: ${what}`)
    checkResume(events, before[0]?.path, breach)
    await checkFiles(checkpoints, events, breach)
    redone += noteLosses(events, losses, breach)
    const life = reportOf(index, events)
    lives.push(life)
    onLife?.(life)
    await tamper?.(checkpoints)
  }

  return { lives, losses, breaches, redone }
}

type Breach = (what: string) => void

/** It goes on from the newest that was there, and nothing was wrong with any. */
function checkResume(events: readonly NodeEvent[], newest: string | undefined, breach: Breach): void {
  for (const event of events) {
    if (event.event === 'checkpoint:refused') breach(`${event.code}: ${event.reason}`)
    if (event.event === 'checkpoint:failed') breach(`${event.code}: ${event.reason}`)
    if (event.event === 'node:resumed' && event.path !== newest) breach(`resumed from ${event.path}, not ${newest}`)
  }
  const hasTrained = events.some(({ event }) => event === 'round:ended')
  const hasResumed = events.some(({ event }) => event === 'node:resumed')
  if (hasTrained && newest !== undefined && !hasResumed) breach(`began afresh, with ${newest} there`)
}

/** What it said to have kept is there and whole, and so is all else. */
async function checkFiles(checkpoints: CheckpointFolder, events: readonly NodeEvent[], breach: Breach): Promise<void> {
  const files = await checkpoints.list()
  const last = events.findLast((event) => event.event === 'checkpoint:saved')
  if (last?.event === 'checkpoint:saved' && !files.some(({ path }) => path === last.path))
    breach(`${last.path} is lost`)
  for (const { path } of files) await readCheckpoint(path).catch((error: Error) => breach(error.message))
  const names = await readdir(checkpoints.path).catch(() => [])
  const drafts = names.filter((name) => name.endsWith('.draft')).length
  if (drafts > 1) breach(`${drafts} drafts are left`)
}

/** A round that was done before ends with the same loss, to the last bit. @returns how many were */
function noteLosses(events: readonly NodeEvent[], losses: Map<number, number>, breach: Breach): number {
  let redone = 0
  for (const event of events) {
    if (event.event !== 'round:ended' || event.loss === null) continue
    const known = losses.get(event.round)
    if (known !== undefined) redone++
    if (known !== undefined && known !== event.loss) breach(`round ${event.round}: loss ${event.loss}, before ${known}`)
    losses.set(event.round, event.loss)
  }

  return redone
}

function reportOf(index: number, events: readonly NodeEvent[]): LifeReport {
  const resumed = events.find((event) => event.event === 'node:resumed')

  return {
    index,
    resumed: resumed?.event === 'node:resumed' ? resumed.round : undefined,
    rounds: events.filter(({ event }) => event === 'round:ended').length,
    saved: events.filter(({ event }) => event === 'checkpoint:saved').length
  }
}

/** @param when - so long after its start, or, if not early, after its first round */
async function liveAndDie(args: readonly string[], when: { isEarly: boolean; afterMs: number }): Promise<NodeEvent[]> {
  const { child, events, closed, seen } = startNode(args)
  if (!when.isEarly) await Promise.race([seen('round:ended'), closed, limit()])
  await new Promise((resolve) => setTimeout(resolve, when.afterMs))
  child.kill('SIGKILL')
  await closed

  return events
}

/** Losses of a run that is never stopped, up to a round: by the same node, as its name decides its batches. */
export async function uninterrupted(folder: string, untilRound: number): Promise<Map<number, number>> {
  mkdirSync(join(folder, 'whole'), { mode: 0o700 })
  copyFileSync(join(folder, 'data', KEY_NAME), join(folder, 'whole', KEY_NAME))
  const { child, events, closed, seen } = startNode([
    ...['node', join(folder, 'job.yaml'), '--data-dir', join(folder, 'whole')],
    ...['--checkpoint-keep', '0', '--resume', 'never']
  ])
  const isThere = (): boolean => events.some((event) => event.event === 'round:ended' && event.round >= untilRound)
  while (!isThere()) await Promise.race([seen('round:ended'), closed])
  child.kill('SIGKILL')
  await closed
  const losses = new Map<number, number>()
  noteLosses(events, losses, () => undefined)

  return losses
}

function startNode(args: readonly string[]): {
  child: ChildProcess
  events: NodeEvent[]
  closed: Promise<void>
  seen: (event: NodeEvent['event']) => Promise<void>
} {
  const quiet = ['--no-config', '--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--mdns', 'off', '--nat', 'off']
  const every = ['--checkpoint-seconds', `${CHECKPOINT_SECONDS}`, '--control', 'off']
  const child = spawn(process.execPath, ['bin/starling.js', ...args, ...quiet, ...every], {
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const events: NodeEvent[] = []
  const waiting = new Map<string, () => void>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const event = parse(line)
    if (event === undefined) return
    events.push(event)
    waiting.get(event.event)?.()
  })
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))

  return { child, events, closed, seen: (event) => new Promise((resolve) => waiting.set(event, resolve)) }
}

/** The last line may be torn. */
function parse(line: string): NodeEvent | undefined {
  try {
    return JSON.parse(line) as NodeEvent
  } catch {
    return undefined
  }
}

function limit(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LIFE_LIMIT_MS).unref())
}
