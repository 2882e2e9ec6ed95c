import { samplesMembers, sendsProjections } from '../../../node/job-progress.ts'
import { formatPercent, formatSeconds } from '../../format.ts'
import { maxOf, minOf } from '../../statistics.ts'
import { attacksInWords, isHonest } from '../byzantine.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { summarise } from '../summary.ts'
import { type CommonPoint, commonCurve } from './common-curve.ts'
import { type BandPoint, curveBand } from './curve-band.ts'
import { describeIncidents, incidentMarks } from './incident-marks.ts'
import { type ChartLabel, type ChartLine, type ChartSize, type LineChart, renderLineChart } from './line-chart.ts'
import { html, type Markup } from './markup.ts'
import { COLOURED_NODES, colourClass, counted, DRAWN_NODES, describeNode } from './node-names.ts'

const WIDE: ChartSize = { name: 'wide', width: 1032, height: 400, margin: 160, fontSize: 13, timeTicks: 10 }
/** For a phone, drawn anew: the wide one scaled down would have letters of five pixels. */
const NARROW: ChartSize = { name: 'narrow', width: 358, height: 330, margin: 116, fontSize: 11.5, timeTicks: 4 }

/** Moments at which the band of a large swarm is drawn. */
const BAND_POINTS = 81

/** How each node's accuracy came about, against both baselines. */
export function renderAccuracy(run: RunRecord): Markup {
  if (run.simulated?.spec.train === false) return html`<p class="empty">Nothing was trained in this run.</p>`
  const measured = run.nodes.filter(({ curve }) => curve.length > 0)
  if (measured.length === 0) return html`<p class="empty">No node measured its accuracy before the run ended.</p>`
  const honest = measured.filter(isHonest)
  if (honest.length === 0) return html`<p class="empty">No honest node measured its accuracy before the run ended.</p>`
  const chart = samplesMembers(run.job) ? commonChart(run, commonCurve(honest)) : accuracyChart(run, measured)

  return html`<figure class="accuracy">${renderLineChart(chart, WIDE)}${renderLineChart(chart, NARROW)}
<figcaption>${chart.description}</figcaption></figure>`
}

function accuracyChart(run: RunRecord, measured: readonly NodeRecord[]): LineChart {
  const untilSeconds = endOf(run, measured)
  const band = run.nodes.length > COLOURED_NODES ? curveBand(measured.filter(isHonest), untilSeconds, BAND_POINTS) : []
  const references = referencesOf(run)

  return {
    title: 'Accuracy over time',
    description: describe(run, measured, untilSeconds),
    lines: run.nodes.length > DRAWN_NODES ? [] : measured.map((node) => chartLine(node, run.nodes.length)),
    band,
    references,
    labels: [...references, ...(band.length > 0 ? bandLabels(band) : measured.map(lineLabel))],
    marks: incidentMarks(run.incidents, untilSeconds),
    untilSeconds,
    range: rangeOf([
      ...references.map(({ accuracy }) => accuracy),
      ...measured.flatMap(({ curve }) => curve.map(({ accuracy }) => accuracy))
    ])
  }
}

/** Of a learner that samples: whoever has merged a model measures it, and it is everybody's. */
function commonChart(run: RunRecord, curve: readonly CommonPoint[]): LineChart {
  const untilSeconds = endOf(run, run.nodes)
  const references = referencesOf(run)
  const last = curve.at(-1)!
  const points = curve.map(({ seconds, round, accuracy, node }) => ({
    seconds,
    accuracy,
    text: `${formatPercent(accuracy)} at ${formatSeconds(seconds)}, round ${round}, measured by node ${node}`
  }))
  const label = { text: `model ${formatPercent(last.accuracy)}`, accuracy: last.accuracy, colour: 'mean-label' }

  return {
    title: 'Accuracy over time',
    description: describeCommon(run, curve, untilSeconds),
    lines: [{ colour: 'model', title: 'the common model', points, died: false }],
    band: [],
    references,
    labels: [...references, { ...label, fromSeconds: last.seconds }],
    marks: incidentMarks(run.incidents, untilSeconds),
    untilSeconds,
    range: rangeOf([...references, ...curve].map(({ accuracy }) => accuracy))
  }
}

/** The last measurement, or what happened after it. */
function endOf({ incidents }: RunRecord, nodes: readonly NodeRecord[]): number {
  return maxOf([...nodes.map(({ curve }) => curve.at(-1)?.seconds ?? 0), ...incidents.map(({ seconds }) => seconds)])
}

function describeCommon(run: RunRecord, curve: readonly CommonPoint[], untilSeconds: number): string {
  const parts = [
    `Accuracy on the common test set of the model that goes round, over ${formatSeconds(untilSeconds)}${timeInWords(run)}, measured ${counted(curve.length, 'time')} by the nodes that merged it.`,
    attackersInWords(run),
    baselineInWords(run),
    describeIncidents(run.incidents),
    'Points on the way are measured on part of the test set, the last on all of it.'
  ]

  return parts.filter((part) => part !== '').join(' ')
}

function timeInWords({ simulated }: RunRecord): string {
  return simulated === undefined ? '' : ' of virtual time'
}

function attackersInWords({ nodes, job }: RunRecord): string {
  const attacks = attacksInWords(nodes)
  if (attacks === '') return ''
  if (samplesMembers(job)) return `Byzantine: ${attacks}; what they measured is left out.`

  return `Byzantine: ${attacks}${nodes.length > DRAWN_NODES ? '; they are left out' : '; their lines are dotted, and no mean or range counts them'}.`
}

function baselineInWords({ baseline, job, nodes }: RunRecord): string {
  if (baseline === undefined && sendsProjections(job)) return ''
  const all = nodes.every(isHonest) ? '' : ", the Byzantine nodes' included"

  return baseline === undefined
    ? 'No baseline was measured.'
    : `Dashed: one model on the pooled data${all}, and the mean of the nodes training alone, each at its end.`
}

function referencesOf(run: RunRecord): ChartLabel[] {
  const { pooled, alone } = summarise(run).baseline

  return [
    ...(pooled === null ? [] : [{ text: `pooled ${formatPercent(pooled)}`, accuracy: pooled, colour: 'pooled' }]),
    ...(alone.mean === null
      ? []
      : [{ text: `alone ${formatPercent(alone.mean)}`, accuracy: alone.mean, colour: 'alone' }])
  ]
}

function chartLine(node: NodeRecord, nodeCount: number): ChartLine {
  return {
    node: node.index,
    colour: colourClass(node, nodeCount),
    title: describeNode(node),
    points: node.curve.map(({ seconds, round, accuracy }) => ({
      seconds,
      accuracy,
      text: `node ${node.index}: ${formatPercent(accuracy)} at ${formatSeconds(seconds)}, round ${round}`
    })),
    died: node.state === 'died'
  }
}

function lineLabel(node: NodeRecord): ChartLabel {
  const { seconds, accuracy } = node.curve.at(-1)!
  const label = { accuracy, colour: colourClass(node, COLOURED_NODES), node: node.index }

  return node.state === 'died'
    ? { ...label, text: `node ${node.index} died` }
    : { ...label, text: `node ${node.index} ${formatPercent(accuracy)}`, fromSeconds: seconds }
}

function bandLabels(band: readonly BandPoint[]): ChartLabel[] {
  const { seconds, min, mean, max } = band.at(-1)!
  const label = (name: string, accuracy: number, colour: string): ChartLabel => ({
    text: `${name} ${formatPercent(accuracy)}`,
    accuracy,
    colour,
    fromSeconds: seconds
  })

  return [label('best', max, 'quiet'), label('mean', mean, 'mean-label'), label('worst', min, 'quiet')]
}

/** Whole steps of ten percent around all values, and never so close that noise looks like a trend. */
function rangeOf(values: readonly number[]): [number, number] {
  const bottom = Math.max(0, Math.floor(minOf(values) * 10 - 1e-9) / 10)
  const top = Math.min(1, Math.ceil(maxOf(values) * 10 + 1e-9) / 10)

  return top - bottom >= 0.2 ? [bottom, top] : [Math.max(0, top - 0.2), Math.max(0.2, top)]
}

function describe(run: RunRecord, measured: readonly NodeRecord[], untilSeconds: number): string {
  const crossed = run.nodes.length <= DRAWN_NODES && run.nodes.some(({ state }) => state === 'died')
  const parts = [
    `Accuracy on the common test set of ${counted(measured.length, 'node')} over ${formatSeconds(untilSeconds)}${timeInWords(run)}.`,
    ...(run.nodes.length > COLOURED_NODES
      ? ['The shaded area is between the best and the worst node, the strong line is the mean.']
      : []),
    attackersInWords(run),
    baselineInWords(run),
    crossed ? 'A cross on a line is where a node that died was last measured.' : '',
    describeIncidents(run.incidents),
    'Points on the way are measured on part of the test set, the last on all of it.'
  ]

  return parts.filter((part) => part !== '').join(' ')
}
