import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { type Control, connectTo } from '../../src/cli/attach/control.ts'
import { evaluateAll } from '../../src/cli/repl/script.ts'
import { Watch } from '../../src/cli/repl/watch.ts'
import { socketPath } from '../../src/node/control/places.ts'
import type { JobInput } from '../../src/node/job.ts'
import { addStretch, type Daemon, emptyPhase, eventOf, type Phase, rateOf, roundCost, startDaemon } from './daemons.ts'

/** What somebody wants to know who looks in. */
const QUESTIONS = ['status', 'peers', 'why', 'rounds(5)', 'scores', 'bytes', 'hash']

/**
 * What it costs a node to be looked into: two nodes train, and a prompt attaches to them in turn, asks, watches the
 * rounds and hangs up, again and again. Stretches without it and with it take turns. Rounds a second of both nodes, and
 * the processor time that a round took them.
 *
 * Options: --attaches N --stretches N --seconds T (of each stretch).
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      attaches: { type: 'string', default: '200' },
      stretches: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '10' }
    }
  })
  const [attaches, stretches, seconds] = [values.attaches, values.stretches, values.seconds].map(Number) as [
    number,
    number,
    number
  ]
  const folder = await mkdtemp(join(tmpdir(), 'starling-attach-'))
  const children: ChildProcess[] = []
  try {
    const { nodes, sockets } = await startSwarm(folder, children)
    setPriority(19) // the prompt's own work gives way to the nodes'
    await delay(1000 * seconds) // warm

    const [without, attached] = [emptyPhase(), emptyPhase()]
    const each = Math.ceil(attaches / stretches)
    for (let i = 0; i < stretches; i++) {
      await addStretch(without, nodes, () => delay(1000 * seconds))
      await addStretch(attached, nodes, () => lookIn(sockets, each, seconds))
    }
    report(without, attached, each * stretches)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

async function startSwarm(folder: string, children: ChildProcess[]): Promise<{ nodes: Daemon[]; sockets: string[] }> {
  const jobPath = join(folder, 'job.yaml')
  const input: JobInput = { data: { nodes: 2 }, budget: { rounds: 1_000_000 }, evaluation: { points: 0 } }
  await writeFile(jobPath, stringify(input))
  const dataDirs = ['0', '1'].map((name) => join(folder, name)) as [string, string]
  const first = await startDaemon([jobPath, '--data-dir', dataDirs[0], '--slice', '0'], children)
  const second = await startDaemon(
    [jobPath, '--data-dir', dataDirs[1], '--slice', '1', '--join', first.address],
    children
  )
  await eventOf(first, 'round:ended')

  return { nodes: [first, second], sockets: dataDirs.map((dataDir) => socketPath(dataDir, process.env)) }
}

/** As many times, spread over the seconds. */
async function lookIn(sockets: readonly string[], times: number, seconds: number): Promise<void> {
  const startMs = performance.now()
  for (let i = 0; i < times; i++) {
    await attachInspectDetach(sockets[i % sockets.length]!)
    await delay(Math.max(0, startMs + (1000 * seconds * (i + 1)) / times - performance.now()))
  }
}

async function attachInspectDetach(path: string): Promise<void> {
  const control: Control = await connectTo({ kind: 'unix', path })
  try {
    await new Watch(control, () => undefined).add(['round:ended'])
    await evaluateAll(QUESTIONS, { control, canWrite: false, json: true, output: new PassThrough().resume() })
  } finally {
    await control.close()
  }
}

function report(without: Phase, attached: Phase, attaches: number): void {
  console.log('           rounds/s  processor ms a round  seconds')
  for (const [name, phase] of Object.entries({ without, attached })) {
    const cells = [rateOf(phase).toFixed(2).padStart(8), roundCost(phase).toFixed(1).padStart(22)]
    console.log(`${name.padEnd(11)}${cells.join('')}${phase.seconds.toFixed(0).padStart(9)}`)
  }
  console.log(`${attaches} times attached, ${(attaches / attached.seconds).toFixed(1)} a second`)
  console.log(`slower by ${(100 * (1 - rateOf(attached) / rateOf(without))).toFixed(1)} %`)
  console.log(`processor time a round: ${(100 * (roundCost(attached) / roundCost(without) - 1)).toFixed(1)} % more`)
}
