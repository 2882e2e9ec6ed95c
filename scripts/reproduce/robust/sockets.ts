import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Summary } from '../../../src/cli/swarm/summary.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'

const NODES = 8
const BYZANTINE = 2
const RULE = 'nnm,trimmed-mean:f=2'
const PLAIN = 'mean'
const ROUNDS = 15
const SEED = 1
const MAX_LOSS = 0.03
const BROKEN = 0.5
const MIN_BROKEN = 2
/** A swarm that takes longer than this is stuck: it is ended, and that is what the table says. */
const TIMEOUT_MS = 180_000

/** ALIE's tau by theory is not above 0 for 2 of 8: byzfl's. */
const ATTACKS = [
  'sign-flipping',
  'ipm:tau=2',
  'ipm:tau=0.1',
  'optimal-ipm',
  'alie:tau=1.5',
  'optimal-alie',
  'mimic',
  'gaussian',
  'infinity',
  'nan',
  'label-flipping',
  'dissensus',
  'replay',
  'free-riding'
]

/** What may well break a plain mean: enough to see that it does. */
const AGAINST_MEAN = ['sign-flipping', 'ipm:tau=2', 'gaussian', 'dissensus']

interface Setting {
  rule: string
  /** Undefined: two honest nodes in the attackers' place. */
  attack: string | undefined
  rounds: number
}

/** Real processes on real sockets, two of which attack. */
export const sockets: Part = { about: '8 processes, 2 of them Byzantine, each attack', run: runSockets }

async function runSockets({ quick, log }: PartOptions): Promise<PartResult> {
  const attacks = quick ? ATTACKS.slice(0, 1) : ATTACKS
  const rounds = quick ? 10 : ROUNDS
  const measured = async (setting: Setting): Promise<number> => {
    const accuracy = await accuracyOf(setting)
    log(`${setting.rule}, ${setting.attack ?? 'no attack'}: ${percent(accuracy)}`)
    return accuracy
  }
  const calm = await measured({ rule: RULE, attack: undefined, rounds })
  const rows: string[][] = [
    ['none', percent(calm), percent(await measured({ rule: PLAIN, attack: undefined, rounds }))]
  ]
  const robust: number[] = []
  const plain: number[] = []
  for (const attack of attacks) {
    robust.push(await measured({ rule: RULE, attack, rounds }))
    const isTried = AGAINST_MEAN.includes(attack)
    if (isTried) plain.push(await measured({ rule: PLAIN, attack, rounds }))
    rows.push([`\`${attack}\``, percent(robust.at(-1)!), isTried ? percent(plain.at(-1)!) : ''])
  }

  return {
    tables: [{ head: ['attack of 2 of 8', `\`${RULE}\``, `\`${PLAIN}\``], rows }],
    checks: quick ? [] : checksOf(calm, robust, plain)
  }
}

function checksOf(calm: number, robust: readonly number[], plain: readonly number[]): Check[] {
  const loss = calm - Math.min(...robust)
  const broken = plain.filter((accuracy) => accuracy < BROKEN).length

  return [
    {
      what: `${RULE}: points lost to the worst attack`,
      found: (100 * loss).toFixed(1),
      wanted: `at most ${100 * MAX_LOSS}`,
      holds: loss <= MAX_LOSS
    },
    {
      what: `attacks that bring ${PLAIN} below ${100 * BROKEN} %`,
      found: `${broken}`,
      wanted: `at least ${MIN_BROKEN}`,
      holds: broken >= MIN_BROKEN
    }
  ]
}

/** `npm run swarm`, and the mean accuracy of its honest nodes. */
async function accuracyOf({ rule, attack, rounds }: Setting): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-byzantine-'))
  const out = join(folder, 'run')
  const options = {
    nodes: NODES,
    data: 'glyphs',
    partition: 'dirichlet:1',
    topology: 'full',
    rounds,
    seed: SEED,
    robust: rule,
    ...(attack === undefined ? {} : { byzantine: `${BYZANTINE}:${attack}` }),
    out
  }
  const program = fileURLToPath(new URL('../../swarm.ts', import.meta.url))
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`])
  try {
    const child = spawn(process.execPath, [program, ...args, '--no-baselines', '--quiet'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: TIMEOUT_MS
    })
    const [code] = await once(child, 'exit')
    if (code !== 0) throw new Error(`starling swarm under ${attack ?? 'no attack'} ended with ${code ?? 'a signal'}`)
    const { accuracy }: Summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))

    return accuracy.mean ?? 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`
}
