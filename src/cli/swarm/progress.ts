import type { Job } from '../../node/job.ts'
import { samplesMembers, sendsProjections } from '../../node/job-progress.ts'
import { formatBar, formatBytes, formatPercent, formatSeconds, shortHash } from '../format.ts'
import { maxOf, meanOf, minOf } from '../statistics.ts'
import { isHonest } from './byzantine.ts'
import { isLiving } from './living.ts'
import { livingReplicas } from './replicas.ts'
import type { NodeRecord } from './run-record.ts'

export interface ProgressInput {
  job: Pick<Job, 'learner'>
  nodes: readonly NodeRecord[]
  /** Of the run, 0 to 1. */
  progress: number
  seconds: number
}

const BAR_WIDTH = 30

/** The screen of a run on a terminal: a bar for the run and a line for each node. */
export function progressLines({ job, nodes, progress, seconds }: ProgressInput): string[] {
  const round = samplesMembers(job) ? `  round ${maxOf([0, ...nodes.map((node) => node.rounds)])}` : ''
  const head = `${formatBar(progress, BAR_WIDTH)} ${Math.floor(progress * 100)} %  ${formatSeconds(seconds)}${round}`

  return [head, ...nodes.map(sendsProjections(job) ? replicaLine : samplesMembers(job) ? sampledLine : nodeLine)]
}

/** Of a node that exchanges projections. */
function replicaLine(node: NodeRecord): string {
  const { measured } = node.replica

  return cells(node, [
    `step ${`${node.rounds}`.padStart(6)}`,
    `loss ${node.loss === undefined ? '-' : node.loss.toFixed(3)}`.padEnd(11),
    `accuracy ${formatPercent(node.curve.at(-1)?.accuracy)}`.padEnd(16),
    `set ${shortHash(measured?.setHash)}`.padEnd(12),
    `${measured === undefined ? '-' : Math.round(measured.perSecond)} projections/s`.padEnd(19)
  ])
}

function nodeLine(node: NodeRecord): string {
  const accuracy = node.curve.at(-1)?.accuracy

  return cells(node, [
    `round ${`${node.rounds}`.padStart(5)}`,
    `loss ${node.loss === undefined ? '-' : node.loss.toFixed(3)}`.padEnd(11),
    `accuracy ${formatPercent(accuracy)}`.padEnd(16)
  ])
}

/** Of a node that trains in some rounds only, and measures a model when it has merged one. */
function sampledLine(node: NodeRecord): string {
  return cells(node, [
    `last round ${node.rounds === 0 ? '-' : node.rounds}`.padEnd(16),
    `trained ${node.trained}`.padEnd(13),
    `loss ${node.loss === undefined ? '-' : node.loss.toFixed(3)}`.padEnd(11)
  ])
}

function cells(node: NodeRecord, middle: readonly string[]): string {
  const { index, state, bytes, attack, reason } = node
  const all = [`node ${`${index}`.padStart(2)}`, state.padEnd(8), ...middle, `sent ${formatBytes(bytes.sent)}`]

  return [
    ...all,
    ...(attack === undefined ? [] : [`attacks: ${attack}`]),
    ...(reason === undefined ? [] : [reason])
  ].join('  ')
}

/** One line for a log instead of a screen. */
export function progressLine({ job, nodes, progress, seconds }: ProgressInput): string {
  const living = nodes.filter(isLiving)
  const honest = nodes.filter(isHonest)
  const byzantine = living.filter((node) => !isHonest(node)).length
  const projections = sendsProjections(job) ? [projectionsInWords(living)] : []
  const words = [
    `${Math.floor(progress * 100)} %`.padStart(5),
    formatSeconds(seconds).padStart(8),
    roundsInWords(job, samplesMembers(job) ? honest : honest.filter(isLiving)),
    `accuracy ${formatPercent(newestAccuracy(job, living))}`,
    ...projections,
    `nodes ${living.length} of ${nodes.length}${byzantine === 0 ? '' : `, ${byzantine} Byzantine`}`
  ]

  return words.join('  ')
}

function roundsInWords(job: ProgressInput['job'], nodes: readonly NodeRecord[]): string {
  const rounds = nodes.map((node) => node.rounds)
  if (rounds.length === 0) return 'rounds -'

  if (samplesMembers(job)) return `round ${maxOf(rounds)}`

  return `${sendsProjections(job) ? 'steps' : 'rounds'} ${minOf(rounds)}-${maxOf(rounds)}`
}

/** Of the nodes as they were measured last, which is not at one moment. */
function projectionsInWords(nodes: readonly NodeRecord[]): string {
  const rates = livingReplicas({ nodes }).map(({ measured }) => measured.perSecond)

  return `${rates.length === 0 ? '-' : Math.round(meanOf(rates)!)} projections/s`
}

/** Of the honest nodes' models on average; where one model goes round, as one of them last measured it. */
export function newestAccuracy(job: ProgressInput['job'], nodes: readonly NodeRecord[]): number | undefined {
  const points = nodes.filter(isHonest).flatMap(({ curve }) => curve.at(-1) ?? [])
  if (!samplesMembers(job)) return meanOf(points.map(({ accuracy }) => accuracy))

  return points.reduce((newest, point) => (point.round >= (newest?.round ?? 0) ? point : newest), points[0])?.accuracy
}
