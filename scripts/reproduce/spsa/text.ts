import type { Part, PartOptions, PartResult } from '../result.ts'
import { drawBytes } from './bytes-chart.ts'
import { megabytes, percent } from './format.ts'
import { NODES, TEXT_STEPS, textFedavgJob, textJob } from './settings.ts'
import { type CurvePoint, drawCurve, type LearningCurve } from './simulated.ts'
import { openTextTask } from './text-task.ts'

const SEED = 1

/** A language model trained by gradient, moved to the same text in capitals by projections; with FedAvg beside it. */
export const text: Part = {
  about: 'a small GPT moved to a text in capitals, and the bytes that FedAvg needs for it',
  run: runText
}

async function runText({ quick, plots, log }: PartOptions): Promise<PartResult> {
  const task = await openTextTask({ seed: SEED, ...(quick ? { epochs: 0.1 } : {}) })
  try {
    const { trained, moved } = task.before
    log(`trained: ${percent(trained)} of the text, ${percent(moved)} in capitals`)
    const common = { ...task.job(NODES), seed: SEED }
    const spsa = await drawCurve({ job: textJob(common, quick ? TEXT_STEPS / 60 : TEXT_STEPS) })
    log(`by projections: ${percent(spsa.accuracy)}`)
    const fedavg = await drawCurve({ job: textFedavgJob(common) })
    log(`FedAvg: ${percent(fedavg.accuracy)}`)
    const curves = new Map([
      ['SPSA', spsa],
      ['FedAvg', fedavg]
    ])
    if (plots !== undefined) {
      const title = `Characters of a text in capitals, ${NODES} nodes, seed ${SEED}`
      drawBytes(new URL('spsa-text.svg', plots), { title, accuracies: [10, 50], curves })
    }

    return { tables: [summaryOf(task.before, spsa, fedavg), curveOf(curves)], checks: [] }
  } finally {
    await task.close()
  }
}

function summaryOf(before: { trained: number; moved: number }, spsa: LearningCurve, fedavg: LearningCurve) {
  const end = spsa.points.at(-1)!.accuracy
  const reached = fedavg.points.find(({ accuracy }) => accuracy >= end)
  const cost = reached === undefined ? 'not reached' : `${megabytes(reached.wire)} in ${reached.round} rounds`

  return {
    head: ['as it was', 'capitals', 'after projections', 'models at the end', 'payload', 'wire', 'FedAvg, as good'],
    rows: [
      [
        ...[before.trained, before.moved, spsa.accuracy].map(percent),
        spsa.replicas,
        `${spsa.payload! / 1000} kB`,
        megabytes(spsa.wire),
        cost
      ]
    ]
  }
}

function curveOf(curves: ReadonlyMap<string, LearningCurve>) {
  const rows = [...curves].flatMap(([name, { points }]) => points.filter(isShown).map((point) => rowOf(name, point)))

  return { head: ['learner', 'steps or rounds', 'accuracy', 'loss', 'payload', 'wire'], rows }
}

/** Some ten of a curve: the first, the last, and those between at even distances. */
function isShown(_point: CurvePoint, i: number, points: readonly CurvePoint[]): boolean {
  return i === 0 || i === points.length - 1 || i % Math.ceil(points.length / 10) === 0
}

function rowOf(name: string, { round, accuracy, loss, payload, wire }: CurvePoint): (string | number)[] {
  return [
    name,
    round,
    percent(accuracy),
    loss!.toFixed(2),
    payload === undefined ? 'models' : `${(payload / 1000).toFixed(1)} kB`,
    megabytes(wire)
  ]
}
