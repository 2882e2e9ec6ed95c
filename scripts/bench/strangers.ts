import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import type { NodeEvent } from '../../src/node/events.ts'
import { nameOfNode } from '../../src/node/identity.ts'
import { createOwner, invite } from '../../src/node/invitations.ts'
import { canonicalJob, type JobInput, jobId, resolveJob } from '../../src/node/job.ts'
import { createNetworkKey } from '../../src/node/network-key.ts'
import type { Outcome } from './stranger-crowd.ts'
import type { StrangerMessage, StrangerOrders } from './stranger-process.ts'

const READY_MS = 120_000
const DAY_MS = 86_400_000
/** Linux counts the time of processes in these. */
const TICKS_PER_SECOND = 100

/** A node that trains, with what it says. */
interface Trainee {
  readonly child: ChildProcess
  readonly events: NodeEvent[]
}

/** What happened in a stretch of time. */
interface Phase {
  seconds: number
  rounds: number
  /** Of the processors, spent by the nodes. */
  busy: number
}

/**
 * What strangers cost a swarm: two nodes in a private network and by invitation train, while strangers without an
 * invitation, with expired, forged and borrowed ones and with a wrong network key try to get in, as a process of
 * low priority on the same machine. Quiet stretches and attacked ones take turns, so that whatever else the machine
 * does hits both. Rounds a second of both nodes, and the processor time that a round took them.
 *
 * Options: --attempts N --stretches N --seconds T (of each stretch) --nice N. A machine that is busy with other things
 * may not come to all attempts in the time.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      attempts: { type: 'string', default: '10000' },
      stretches: { type: 'string', default: '8' },
      seconds: { type: 'string', default: '10' },
      nice: { type: 'string', default: '10' }
    }
  })
  const { attempts, stretches, seconds, nice } = values
  const numbers = [attempts, stretches, seconds, nice].map(Number) as [number, number, number, number]
  const folder = await mkdtemp(join(tmpdir(), 'starling-strangers-'))
  const children: ChildProcess[] = []
  try {
    return await measure(folder, children, numbers)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(
  folder: string,
  children: ChildProcess[],
  [attempts, stretches, seconds, nice]: readonly [number, number, number, number]
): Promise<number> {
  const { nodes, orders } = await startSwarm(folder, children)
  const crowd = fork(fileURLToPath(new URL('stranger-process.ts', import.meta.url)))
  children.push(crowd)
  await tell(crowd, { orders: { ...orders, nice } })
  await delay(1000 * seconds) // warm

  const [quiet, attacked] = [emptyPhase(), emptyPhase()]
  let outcomes: Record<Outcome, number> = { 'turned-away': 0, refused: 0, served: 0 }
  const each = Math.ceil(attempts / stretches)
  for (let i = 0; i < stretches; i++) {
    await stretch(nodes, quiet, () => delay(1000 * seconds))
    await stretch(nodes, attacked, async () => {
      outcomes = await tell(crowd, { count: each, perSecond: each / seconds, seconds })
    })
    console.error(`${i + 1} of ${stretches} stretches: ${quiet.rounds} rounds quiet, ${attacked.rounds} attacked`)
  }

  return report({ quiet, attacked, outcomes, lines: nodes.map(({ events }) => refusalLines(events)) })
}

async function startSwarm(
  folder: string,
  children: ChildProcess[]
): Promise<{ nodes: Trainee[]; orders: Omit<StrangerOrders, 'nice'> }> {
  const [ownerKey, networkKey, jobPath] = ['owner.key', 'swarm.key', 'job.yaml'].map((name) => join(folder, name)) as [
    string,
    string,
    string
  ]
  const owner = await createOwner(ownerKey)
  await createNetworkKey(networkKey)
  const input: JobInput = {
    ...{ data: { nodes: 2 }, budget: { rounds: 1_000_000 }, evaluation: { points: 0 } },
    membership: { owner }
  }
  const job = resolveJob(input, 'the benchmark')
  await writeFile(jobPath, stringify(input))

  const nodes: Trainee[] = []
  const targets: string[] = []
  for (let i = 0; i < 2; i++) {
    const dataDir = join(folder, `${i}`)
    const [nowMs, peer] = [Date.now(), await nameOfNode(dataDir)]
    const untilMs = nowMs + DAY_MS
    const token = await invite({ ownerKey, job, jobPath, peer, right: 'train', nowMs, untilMs })
    const flags = ['--data-dir', dataDir, '--invite', token, '--network-key', networkKey, '--slice', `${i}`]
    const node = startNode(
      [jobPath, ...flags, ...targets.slice(0, 1).flatMap((target) => ['--join', target])],
      children
    )
    nodes.push(node)
    const ready = await waitFor(node, 'node:ready')
    targets.push(ready.addresses[0]!)
  }
  await waitFor(nodes[0]!, 'round:ended')

  const hex = async (path: string): Promise<string> => (await readFile(path)).toString('hex')
  const [ownerHex, networkKeyHex] = [await hex(ownerKey), await hex(networkKey)]
  const about = { jobId: jobId(job), jobJson: canonicalJob(job), identities: 20 }

  return { nodes, orders: { targets, ...about, owner: ownerHex, networkKey: networkKeyHex } }
}

function startNode(args: readonly string[], children: ChildProcess[]): Trainee {
  const flags = ['--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--await-peers', '1', '--device', 'cpu', '--mdns', 'off']
  const child = spawn(process.execPath, ['bin/starling.js', 'node', ...args, ...flags], {
    stdio: ['pipe', 'pipe', 'ignore']
  })
  children.push(child)
  const events: NodeEvent[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) events.push(JSON.parse(line) as NodeEvent)
  })

  return { child, events }
}

async function waitFor<E extends NodeEvent['event']>(
  { events, child }: Trainee,
  name: E
): Promise<Extract<NodeEvent, { event: E }>> {
  const untilMs = performance.now() + READY_MS
  for (;;) {
    const found = events.find((event): event is Extract<NodeEvent, { event: E }> => event.event === name)
    if (found !== undefined) return found
    if (child.exitCode !== null || performance.now() > untilMs) throw new Error(`no ${name} from a node`)
    await delay(20)
  }
}

async function tell(crowd: ChildProcess, message: StrangerMessage): Promise<Record<Outcome, number>> {
  const answered = once(crowd, 'message')
  crowd.send(message)
  const [outcomes] = await answered

  return outcomes as Record<Outcome, number>
}

function emptyPhase(): Phase {
  return { seconds: 0, rounds: 0, busy: 0 }
}

async function stretch(nodes: readonly Trainee[], phase: Phase, work: () => Promise<void>): Promise<void> {
  const [startMs, rounds, busy] = [performance.now(), roundsOf(nodes), await busyOf(nodes)]
  await work()
  phase.seconds += (performance.now() - startMs) / 1000
  phase.rounds += roundsOf(nodes) - rounds
  phase.busy += (await busyOf(nodes)) - busy
}

function roundsOf(nodes: readonly Trainee[]): number {
  return nodes.reduce((sum, { events }) => sum + events.filter(({ event }) => event === 'round:ended').length, 0)
}

/** Seconds that the processors have spent on these processes. */
async function busyOf(nodes: readonly Trainee[]): Promise<number> {
  const ticks = await Promise.all(
    nodes.map(async ({ child }) => {
      const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
      return Number(fields[11]) + Number(fields[12])
    })
  )

  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND
}

/** Lines of output that the strangers caused. */
function refusalLines(events: readonly NodeEvent[]): number {
  return events.filter(({ event }) => event === 'peer:rejected' || event === 'strangers:refused').length
}

function report({
  quiet,
  attacked,
  outcomes,
  lines
}: {
  quiet: Phase
  attacked: Phase
  outcomes: Record<Outcome, number>
  lines: readonly number[]
}): number {
  const rate = ({ rounds, seconds }: Phase): number => rounds / seconds
  const cost = ({ busy, rounds }: Phase): number => (1000 * busy) / rounds
  const row = (name: string, phase: Phase): string =>
    `${name.padEnd(9)}${rate(phase).toFixed(2).padStart(10)}${cost(phase).toFixed(1).padStart(22)}${phase.seconds.toFixed(0).padStart(9)}`
  const attempts = Object.values(outcomes).reduce((sum, each) => sum + each, 0)
  const perSecond = attempts / attacked.seconds
  console.log('         rounds/s  processor ms a round  seconds')
  console.log(row('quiet', quiet))
  console.log(row('attacked', attacked))
  console.log(`slower by ${(100 * (1 - rate(attacked) / rate(quiet))).toFixed(1)} %`)
  console.log(`processor time a round: ${(100 * (cost(attacked) / cost(quiet) - 1)).toFixed(1)} % more`)
  console.log(
    `${attempts} attempts, ${perSecond.toFixed(0)} a second: ${outcomes['turned-away']} turned away before or in the handshake, ${outcomes.refused} refused by the hello, ${outcomes.served} served`
  )
  console.log(`lines of output about them: ${lines.join(' and ')}`)

  return outcomes.served === 0 ? 0 : 1
}
