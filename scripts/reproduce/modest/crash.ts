import { writeFileSync } from 'node:fs'
import type { JobInput } from '../../../src/node/job.ts'
import { renderChart } from '../chart.ts'
import type { Check, Part, PartOptions, PartResult } from '../result.ts'
import { mean, median, rangeOf } from '../statistics.ts'
import { simulate } from './simulate.ts'

/** Five of a hundred nodes every minute, sixteen times, from the fifth minute on. */
const FIRST_CRASH_S = 300
const CRASH_EVERY_S = 60
const CRASHES = 16
const PER_CRASH = 5
const LAST_CRASH_S = FIRST_CRASH_S + (CRASHES - 1) * CRASH_EVERY_S
const END_S = LAST_CRASH_S + 300

const MAX_FALL = 0.03
/** With skewed data the model of a round depends on who was drawn: there, a fall counts beyond that of the undisturbed. */
const STEADY = 'iid'
const MAX_SLOWDOWN = 2
/** Rounds after the last crash by which they have to be back to their usual time. */
const RECOVERY_ROUNDS = 5

export interface CrashSettings {
  partition: string
  seed: number
}

/** What is seen of a run. Rounds by number, all of them that were aggregated. */
export interface Course {
  accuracies: { seconds: number; accuracy: number }[]
  rounds: { round: number; seconds: number }[]
  live: number
}

/** Four of five nodes die while the swarm trains. */
export const crash: Part = { about: '80 of 100 nodes crash, five a minute', run: runCrash }

async function runCrash({ quick, plots, log }: PartOptions): Promise<PartResult> {
  const settings = (quick ? [1] : [1, 2, 3]).flatMap((seed) =>
    ['iid', 'dirichlet:0.5'].map((partition): CrashSettings => ({ partition, seed }))
  )
  const results: CrashResult[] = []
  for (const setting of settings) {
    const crashed = await courseOf(setting, true)
    const undisturbed = await courseOf(setting, false)
    const result = judge(setting, crashed, undisturbed)
    log(result.row.join('  '))
    results.push(result)
    if (plots !== undefined && setting.seed === 1) draw(plots, setting, crashed, undisturbed)
  }

  return {
    tables: [
      {
        head: [
          'partition',
          'seed',
          'rounds',
          'undisturbed',
          'live at the end',
          'deepest fall',
          'undisturbed',
          'last accuracy',
          'undisturbed',
          'usual round',
          'slowest round',
          'rounds after the last crash'
        ],
        rows: results.map(({ row }) => row)
      }
    ],
    checks: results.flatMap(({ checks }) => checks)
  }
}

interface CrashResult {
  row: string[]
  checks: Check[]
}

function jobOf({ partition, seed }: CrashSettings): JobInput {
  return {
    seed,
    data: { set: 'fashion-mnist', partition, nodes: 100 },
    model: { name: 'mlp', hidden: [64] },
    learner: { name: 'modest', sample: 10, successFraction: 0.7, localSteps: 5 },
    learningRate: { peak: 0.02, schedule: 'constant' },
    budget: { seconds: END_S },
    evaluation: { points: 1000, limit: 10_000 }
  }
}

export async function courseOf(setting: CrashSettings, crashes: boolean): Promise<Course> {
  const course: Course = { accuracies: [], rounds: [], live: 100 }
  const begun = new Map<number, number>()
  await simulate({
    job: jobOf(setting),
    flags: {
      // a round takes some seconds, as with a larger model
      stepMs: '400',
      churn: crashes ? [`crash:${PER_CRASH}/${CRASH_EVERY_S}s*${CRASHES}+${FIRST_CRASH_S}s`] : []
    },
    onEvent: (ms, _node, event) => {
      if (event.event === 'node:crashed') course.live--
      if (event.event === 'model:evaluated' && !event.final) {
        course.accuracies.push({ seconds: ms / 1000, accuracy: event.accuracy })
      }
      if (event.event === 'model:aggregated' && !begun.has(event.round)) begun.set(event.round, ms / 1000)
    }
  })
  course.rounds = [...begun].map(([round, seconds]) => ({ round, seconds })).sort((a, b) => a.round - b.round)

  return course
}

function judge({ partition, seed }: CrashSettings, crashed: Course, undisturbed: Course): CrashResult {
  const usual = median(roundTimes(undisturbed).map(({ took }) => took))
  const times = roundTimes(crashed)
  const after = times.filter(({ seconds }) => seconds > LAST_CRASH_S)
  const fall = deepestFall(crashed)
  const usualFall = deepestFall(undisturbed)
  const allowedFall = partition === STEADY ? MAX_FALL : usualFall + MAX_FALL
  const recovered = after.findIndex((_, i) => after.slice(i).every(({ took }) => took <= MAX_SLOWDOWN * usual))
  const settled = median(after.slice(RECOVERY_ROUNDS).map(({ took }) => took)) / usual
  const which = `${partition}, seed ${seed}`
  const last = (course: Course): string => percent(mean(course.accuracies.slice(-10).map(({ accuracy }) => accuracy)))

  return {
    row: [
      partition,
      `${seed}`,
      `${crashed.rounds.length}`,
      `${undisturbed.rounds.length}`,
      `${crashed.live}`,
      points(fall),
      points(usualFall),
      last(crashed),
      last(undisturbed),
      `${usual.toFixed(1)} s`,
      `${Math.max(...times.map(({ took }) => took)).toFixed(1)} s`,
      `${after.length}`
    ],
    checks: [
      {
        what: `${which}: rounds go on with ${100 - PER_CRASH * CRASHES} left`,
        found: `${after.length} after the last crash, ${crashed.live} nodes live`,
        wanted: 'more than 20',
        holds: after.length > 20 && crashed.live === 100 - PER_CRASH * CRASHES
      },
      {
        what: `${which}: deepest fall below the best so far, from the first crash on`,
        found: `${points(fall)} (undisturbed ${points(usualFall)})`,
        wanted: `at most ${points(allowedFall)}`,
        holds: fall <= allowedFall
      },
      {
        what: `${which}: rounds until all take at most ${MAX_SLOWDOWN} times the undisturbed time`,
        found: `${recovered} (then ${settled.toFixed(2)} times, median; the first took ${rangeOf(
          after.slice(0, RECOVERY_ROUNDS).map(({ took }) => took),
          1
        )} s)`,
        wanted: `at most ${RECOVERY_ROUNDS}`,
        holds: recovered !== -1 && recovered <= RECOVERY_ROUNDS
      }
    ]
  }
}

/** From one aggregation to the next, seconds. */
export function roundTimes({ rounds }: Course): { seconds: number; took: number }[] {
  return rounds.slice(1).map(({ round, seconds }, i) => {
    const before = rounds[i]!
    return { seconds, took: (seconds - before.seconds) / (round - before.round) }
  })
}

/** Below the best accuracy until then, at or after the first crash. */
export function deepestFall({ accuracies }: Course): number {
  let best = 0
  let fall = 0
  for (const { seconds, accuracy } of accuracies) {
    if (seconds >= FIRST_CRASH_S) fall = Math.max(fall, best - accuracy)
    best = Math.max(best, accuracy)
  }

  return fall
}

function draw(plots: URL, { partition }: CrashSettings, crashed: Course, undisturbed: Course): void {
  const name = partition.replace(/\W.*/, '')
  const x = { title: 'virtual time, s', range: [0, END_S] as const }
  const marks = {
    title: 'five nodes crash',
    xs: Array.from({ length: CRASHES }, (_, i) => FIRST_CRASH_S + i * CRASH_EVERY_S)
  }
  const curve = (course: Course): [number, number][] =>
    course.accuracies.map(({ seconds, accuracy }) => [seconds, Math.max(60, 100 * accuracy)])
  const times = (course: Course): [number, number][] =>
    roundTimes(course).map(({ seconds, took }) => [seconds, Math.max(1, took)])
  writeFileSync(
    new URL(`modest-crash-${name}-accuracy.svg`, plots),
    renderChart({
      title: `Accuracy of the aggregated model, Fashion-MNIST ${partition}, seed 1`,
      x,
      y: { title: 'accuracy', range: [60, 90], format: (value) => `${value} %` },
      lines: [
        { title: 'undisturbed', points: curve(undisturbed) },
        { title: '80 of 100 nodes crash', points: curve(crashed) }
      ],
      marks
    })
  )
  const most = Math.max(10, ...times(crashed).map(([, took]) => took))
  writeFileSync(
    new URL(`modest-crash-${name}-rounds.svg`, plots),
    renderChart({
      title: `Time per round, Fashion-MNIST ${partition}, seed 1`,
      x,
      y: {
        title: 'seconds',
        range: [1, most],
        isLogarithmic: true,
        ticks: [1, 2, 5, 10, 20, 50, 100].filter((tick) => tick <= most)
      },
      lines: [
        { title: 'undisturbed', points: times(undisturbed) },
        { title: '80 of 100 nodes crash', points: times(crashed) }
      ],
      marks
    })
  )
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`
}

function points(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} points`
}
