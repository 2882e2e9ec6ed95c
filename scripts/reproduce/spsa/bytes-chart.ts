import { writeFileSync } from 'node:fs'
import { renderChart } from '../chart.ts'
import type { CurvePoint, LearningCurve } from './simulated.ts'

export interface BytesChart {
  title: string
  /** Lowest and highest shown, in percent. */
  accuracies: readonly [number, number]
  /** By the learner's name; that of SPSA is also drawn for its payload. */
  curves: ReadonlyMap<string, LearningCurve>
}

/** Draws accuracy against bytes, which go over seven orders of magnitude. */
export function drawBytes(file: URL, { title, accuracies, curves }: BytesChart): void {
  const spsa = curves.get('SPSA')!.points
  const chart = renderChart({
    title,
    x: {
      title: 'bytes sent by all nodes; of payload, bytes that exist',
      range: [1e2, 1e9],
      isLogarithmic: true,
      ticks: [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
      format: amountOf
    },
    y: { title: 'accuracy', range: accuracies, format: (percent) => `${percent} %` },
    lines: [
      lineOf('SPSA payload', spsa, ({ payload }) => payload!),
      ...[...curves].map(([name, { points }]) => lineOf(name, points, ({ wire }) => wire))
    ]
  })
  writeFileSync(file, chart)
}

function amountOf(bytes: number): string {
  if (bytes >= 1e9) return `${bytes / 1e9} GB`

  return bytes >= 1e6 ? `${bytes / 1e6} MB` : `${bytes / 1e3} kB`
}

function lineOf(title: string, points: readonly CurvePoint[], bytes: (point: CurvePoint) => number) {
  return { title, points: points.map((point) => [bytes(point), 100 * point.accuracy] as const) }
}
