import { writeFileSync } from 'node:fs'
import type { JobInput } from '../../../src/node/job.ts'
import type { SimulationEvent } from '../../../src/node/simulation-types.ts'
import { renderChart } from '../chart.ts'
import type { Part, PartOptions, PartResult } from '../result.ts'
import { simulate } from './simulate.ts'

const FIRST_NODES = 90
const PER_WAVE = 10
const EVERY_S = 60
const FIRST_WAVE_S = 60
/** After the last wave, for the news of it to go round. */
const TAIL_S = 120

interface JoinSettings {
  waves: number
  loss: string
  seed: number
}

/** Rounds that the swarm went through before a node knew of a joiner: one number for each pair, undefined for never. */
interface Spread {
  nodes: number
  joiners: number
  rounds: (number | undefined)[]
  virtualSeconds: number
  lastRound: number
}

/** Joiners, and how soon everyone knows of them. */
export const join: Part = { about: 'ten nodes join a swarm of 90 every minute', run: runJoin }

async function runJoin({ quick, plots, log }: PartOptions): Promise<PartResult> {
  const waves = quick ? 2 : 6
  const losses = ['0', '0.02']
  const settings = losses.flatMap((loss) => (quick ? [1] : [1, 2, 3]).map((seed) => ({ waves, loss, seed })))
  const spreads: { setting: JoinSettings; spread: Spread }[] = []
  for (const setting of settings) {
    const spread = await spreadOf(setting)
    log(`loss ${setting.loss}, seed ${setting.seed}: ${describe(spread.rounds)}, ${spread.lastRound} rounds`)
    spreads.push({ setting, spread })
  }
  if (plots !== undefined) draw(plots, spreads)

  return {
    tables: [
      {
        head: [
          'loss',
          'seed',
          'rounds',
          'joiners',
          'pairs',
          'at once',
          '1 to 3 rounds',
          '4 to 8',
          'later',
          'never',
          'latest'
        ],
        rows: spreads.map(({ setting: { loss, seed }, spread }) => [
          loss,
          seed,
          spread.lastRound,
          spread.joiners,
          spread.rounds.length,
          ...bins(spread.rounds),
          `${latest(spread.rounds)} rounds`
        ])
      }
    ],
    checks: spreads.map(({ setting: { loss, seed }, spread: { rounds, nodes } }) => {
      const limit = 2 * Math.log2(nodes)
      const never = rounds.filter((round) => round === undefined).length

      return {
        what: `loss ${loss}, seed ${seed}: rounds until every live node knows a joiner`,
        found: never > 0 ? `${never} of ${rounds.length} never learnt it` : `${latest(rounds)}`,
        wanted: `at most ${limit.toFixed(1)}, 2 log2 of ${nodes}`,
        holds: never === 0 && latest(rounds) <= limit
      }
    })
  }
}

function jobOf({ waves, seed }: JoinSettings): JobInput {
  return {
    seed,
    data: { set: 'fashion-mnist', partition: 'iid', nodes: FIRST_NODES + PER_WAVE * waves },
    model: { name: 'mlp', hidden: [64] },
    learner: { name: 'modest', sample: 10, successFraction: 0.9, localSteps: 5 },
    budget: { seconds: FIRST_WAVE_S + (waves - 1) * EVERY_S + TAIL_S },
    evaluation: { points: 0 }
  }
}

async function spreadOf(setting: JoinSettings): Promise<Spread> {
  const news = new News()
  const { waves, loss } = setting
  const { virtualMs } = await simulate({
    job: jobOf(setting),
    // only who knows whom is looked at
    flags: {
      train: false,
      stepMs: '400',
      loss,
      churn: [`join:${PER_WAVE}/${EVERY_S}s*${waves}+${FIRST_WAVE_S}s`]
    },
    onEvent: (_ms, node, event) => news.on(node, event)
  })

  return {
    nodes: FIRST_NODES + PER_WAVE * waves,
    joiners: PER_WAVE * waves,
    rounds: news.spread(),
    virtualSeconds: virtualMs / 1000,
    lastRound: news.round
  }
}

/** Follows who learns of whom. Rounds are those of the whole swarm, not what a node takes them for. */
class News {
  round = 0
  readonly #indexes = new Map<string, number>()
  /** Nodes that run. */
  readonly #live = new Set<number>()
  readonly #late = new Set<number>()
  /** By joiner: when it was ready to train, and in which round each of those who lived then learnt of it. */
  readonly #joiners = new Map<string, { since: number; learnt: Map<number, number | undefined> }>()

  on(node: number, event: SimulationEvent): void {
    if (event.event === 'node:joined') this.#late.add(node)
    if (event.event === 'node:ready') this.#onReady(node, event.peer)
    if (event.event === 'model:aggregated') this.round = Math.max(this.round, event.round)
    if (event.event === 'member:changed' && event.status === 'join') this.#onLearnt(node, event.peer)
    // the end of the run is nobody's neglect
    if (event.event === 'node:stopped' && event.reason !== 'finished') this.#live.delete(node)
  }

  /** For every joiner and everyone who lived when it joined. */
  spread(): (number | undefined)[] {
    return [...this.#joiners.values()].flatMap(({ since, learnt }) =>
      [...learnt].flatMap(([node, round]) =>
        this.#live.has(node) ? [round === undefined ? undefined : round - since] : []
      )
    )
  }

  #onReady(node: number, peer: string): void {
    this.#indexes.set(peer, node)
    if (this.#late.has(node)) {
      const learnt = new Map([...this.#live].map((other) => [other, undefined] as const))
      this.#joiners.set(peer, { since: this.round, learnt })
    }
    this.#live.add(node)
  }

  #onLearnt(node: number, peer: string): void {
    const learnt = this.#joiners.get(peer)?.learnt
    if (learnt?.has(node) === true && learnt.get(node) === undefined) learnt.set(node, this.round)
  }
}

function bins(rounds: readonly (number | undefined)[]): number[] {
  const count = (from: number, to: number): number =>
    rounds.filter((round) => round !== undefined && round >= from && round <= to).length

  return [
    count(0, 0),
    count(1, 3),
    count(4, 8),
    count(9, Number.POSITIVE_INFINITY),
    rounds.filter((round) => round === undefined).length
  ]
}

function latest(rounds: readonly (number | undefined)[]): number {
  return rounds.reduce<number>((most, round) => Math.max(most, round ?? 0), 0)
}

function describe(rounds: readonly (number | undefined)[]): string {
  const [atOnce, soon, later, late, never] = bins(rounds)

  return `${atOnce} at once, ${soon} in 1 to 3 rounds, ${later} in 4 to 8, ${late} later, ${never} never`
}

function draw(plots: URL, spreads: readonly { setting: JoinSettings; spread: Spread }[]): void {
  const losses = [...new Set(spreads.map(({ setting }) => setting.loss))]
  const all = (loss: string): (number | undefined)[] =>
    spreads.filter(({ setting }) => setting.loss === loss).flatMap(({ spread }) => spread.rounds)
  const most = Math.max(4, ...losses.map((loss) => latest(all(loss))))
  const rounds = Array.from({ length: most + 1 }, (_, i) => i)
  writeFileSync(
    new URL('modest-join.svg', plots),
    renderChart({
      title: 'Who knows a joiner, so many rounds after it joined',
      x: { title: 'rounds', range: [0, most] },
      y: { title: 'nodes that know', range: [50, 100], format: (value) => `${value} %` },
      lines: losses.map((loss) => ({
        title: `${100 * Number(loss)} % of messages lost`,
        points: rounds.map((limit) => [
          limit,
          Math.max(
            50,
            (100 * all(loss).filter((round) => round !== undefined && round <= limit).length) / all(loss).length
          )
        ])
      }))
    })
  )
}
