import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { addStretch, busyOf, type Daemon, emptyPhase, type Phase, rateOf, roundCost } from './daemons.ts'
import type { Outcome } from './stranger-crowd.ts'
import type { StrangerMessage } from './stranger-process.ts'
import { refusalLines, startVictims, type Victims } from './stranger-victims.ts'

interface Options {
  attempts: number
  stretches: number
  seconds: number
  nice: number
}

/** Of both nodes that train, in stretches of one kind. */
interface StrangerPhase extends Phase {
  /** Seconds that the processors have spent on the nodes that wait. */
  idleBusy: number
  /** Of the strangers' attempts. */
  outcomes: Record<Outcome, number>
}

/** There are no strangers; they are at nodes that have nothing else to do; they are at those that train. */
const PHASES = ['quiet', 'elsewhere', 'attacked'] as const
type Phases = Record<(typeof PHASES)[number], StrangerPhase>

/**
 * What strangers cost a swarm: two nodes in a private network and by invitation train, while strangers without an
 * invitation, with expired, forged and borrowed ones and with a wrong network key try to get in, as a process that gives
 * way to all others on the same machine. Stretches take turns, so that whatever else the machine does hits all: quiet
 * ones; ones in which the strangers try two other nodes, which wait, so that the strangers' own work and the machine's
 * are the same; and attacked ones. Rounds a second of both nodes, the processor time that a round took them, and what
 * the strangers cost a node that waits.
 *
 * Options: --attempts N --stretches N --seconds T (of each stretch) --nice N. A machine that is busy with other things
 * may not come to all attempts in the time.
 */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      attempts: { type: 'string', default: '10000' },
      stretches: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '20' },
      nice: { type: 'string', default: '19' }
    }
  })
  const { attempts, stretches, seconds, nice } = values
  const options = {
    ...{ attempts: Number(attempts), stretches: Number(stretches) },
    ...{ seconds: Number(seconds), nice: Number(nice) }
  }
  const folder = await mkdtemp(join(tmpdir(), 'starling-strangers-'))
  const children: ChildProcess[] = []
  try {
    const victims = await startVictims(folder, children)
    const phases = await measure(victims, children, options)
    report(phases, victims.swarm.map(refusalLines))

    return PHASES.every((name) => phases[name].outcomes.served === 0) ? 0 : 1
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(victims: Victims, children: ChildProcess[], options: Options): Promise<Phases> {
  const { attempts, stretches, seconds, nice } = options
  const crowd = fork(fileURLToPath(new URL('stranger-process.ts', import.meta.url)))
  children.push(crowd)
  await tell(crowd, { orders: { ...victims.orders, nice } })
  await delay(1000 * seconds) // warm

  const count = Math.ceil(attempts / stretches)
  const visit = async (phase: StrangerPhase, nodes: readonly Daemon[]): Promise<void> => {
    const targets = nodes.map(({ address }) => address)
    const outcomes = await tell(crowd, { targets, count, perSecond: count / seconds, seconds })
    for (const outcome of Object.keys(outcomes) as Outcome[]) phase.outcomes[outcome] += outcomes[outcome]
  }
  const phases: Phases = {
    quiet: emptyStrangerPhase(),
    elsewhere: emptyStrangerPhase(),
    attacked: emptyStrangerPhase()
  }
  for (let i = 0; i < stretches; i++) {
    const { quiet, elsewhere, attacked } = phases
    await stretch(victims, quiet, () => delay(1000 * seconds))
    await stretch(victims, elsewhere, () => visit(elsewhere, victims.idle))
    await stretch(victims, attacked, () => visit(attacked, victims.swarm))
    const rounds = PHASES.map((name) => `${phases[name].rounds} ${name}`).join(', ')
    console.error(`${i + 1} of ${stretches} stretches of each kind: rounds: ${rounds}`)
  }

  return phases
}

/** @returns outcomes of these attempts */
async function tell(crowd: ChildProcess, message: StrangerMessage): Promise<Record<Outcome, number>> {
  const answered = once(crowd, 'message')
  crowd.send(message)
  const [outcomes] = await answered

  return outcomes as Record<Outcome, number>
}

function emptyStrangerPhase(): StrangerPhase {
  return { ...emptyPhase(), idleBusy: 0, outcomes: { 'turned-away': 0, refused: 0, served: 0 } }
}

async function stretch({ swarm, idle }: Victims, phase: StrangerPhase, work: () => Promise<void>): Promise<void> {
  const idleBusy = await busyOf(idle)
  await addStretch(phase, swarm, work)
  phase.idleBusy += (await busyOf(idle)) - idleBusy
}

function report(phases: Phases, lines: readonly number[]): void {
  const { quiet, elsewhere, attacked } = phases
  console.log('strangers   rounds/s  processor ms a round  processor ms/s of a node that waits  seconds')
  for (const name of PHASES) console.log(row(name, phases[name]))
  console.log(
    `slower by ${percentSlower(attacked, elsewhere)} than while they try the nodes that wait, by ${percentSlower(attacked, quiet)} than without them`
  )
  const cost = idleCost(elsewhere) - idleCost(quiet)
  console.log(`they take ${(cost / 10).toFixed(1)} % of one processor from a node that waits`)
  for (const name of ['elsewhere', 'attacked'] as const) console.log(`${name}: ${describe(phases[name])}`)
  console.log(`lines of output about them: ${lines.join(' and ')}`)
}

function row(name: string, phase: StrangerPhase): string {
  const cells = [rateOf(phase).toFixed(2), roundCost(phase).toFixed(1), idleCost(phase).toFixed(1)]
  const [rounds, busy, idle] = cells as [string, string, string]

  return `${name.padEnd(10)}${rounds.padStart(10)}${busy.padStart(22)}${idle.padStart(37)}${phase.seconds.toFixed(0).padStart(9)}`
}

/** Milliseconds of processor time in a second, of one of the two nodes that wait. */
function idleCost({ idleBusy, seconds }: StrangerPhase): number {
  return (1000 * idleBusy) / seconds / 2
}

function percentSlower(phase: Phase, than: Phase): string {
  return `${(100 * (1 - rateOf(phase) / rateOf(than))).toFixed(1)} %`
}

function describe({ outcomes, seconds }: StrangerPhase): string {
  const attempts = Object.values(outcomes).reduce((sum, each) => sum + each, 0)
  const { refused, served, 'turned-away': away } = outcomes

  return `${attempts} attempts, ${(attempts / seconds).toFixed(0)} a second: ${away} turned away before or in the handshake, ${refused} refused by the hello, ${served} served`
}
