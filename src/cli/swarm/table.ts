import { samplesMembers, sendsProjections } from '../../node/job-progress.ts'
import {
  type Align,
  formatBytes,
  formatClasses,
  formatPercent,
  formatSeconds,
  formatTable,
  shortHash,
  shortPeer
} from '../format.ts'
import { maxOf, medianOf, minOf, sumOf } from '../statistics.ts'
import { attacksInWords, isHonest } from './byzantine.ts'
import { distrustInWords } from './distrust.ts'
import { pooledScale } from './pooled-scale.ts'
import { replicasInWords } from './replicas.ts'
import type { NodeRecord, RunRecord } from './run-record.ts'
import { summarise } from './summary.ts'

/** More nodes than this are summed up: nobody reads a thousand rows. */
const LISTED_NODES = 32
/** More of the dead than this are counted by reason. */
const NAMED_DEAD = 10

interface Column {
  heading: string
  align: Align
  cell: (node: NodeRecord, run: RunRecord) => string
}

const left = (heading: string, cell: Column['cell']): Column => ({ heading, align: 'left', cell })
const right = (heading: string, cell: Column['cell']): Column => ({ heading, align: 'right', cell })

const WHO = [right('node', ({ index }) => `${index}`), left('peer', ({ peer }) => shortPeer(peer))]
const ACCURACY = [
  right('accuracy', ({ accuracy }) => formatPercent(accuracy)),
  right('alone', ({ index }, { baseline }) => formatPercent(baseline?.alone[index]))
]
const BYTES = [
  right('sent', ({ bytes }) => formatBytes(bytes.sent)),
  right('received', ({ bytes }) => formatBytes(bytes.received))
]

const ending = ({ state }: NodeRecord): string => ({ died: 'died', withdrawn: 'left early' })[state as string] ?? ''

/** What a row ends with: how the node ended, and whether it attacked. */
const marked = ({ attack }: NodeRecord, state: string): string =>
  [...(state === '' ? [] : [state]), ...(attack === undefined ? [] : [`Byzantine: ${attack}`])].join(', ')

const COLUMNS = [
  ...WHO,
  left('classes', ({ classCounts }) => formatClasses(classCounts)),
  right('examples', ({ examples }) => `${examples}`),
  right('rounds', ({ rounds }) => `${rounds}`),
  ...ACCURACY,
  ...BYTES,
  left('', (node) => marked(node, ending(node)))
]

/** Where nodes exchange projections. */
const REPLICA_COLUMNS = [
  ...WHO,
  left('classes', ({ classCounts }) => formatClasses(classCounts)),
  right('examples', ({ examples }) => `${examples}`),
  right('steps', ({ rounds }) => `${rounds}`),
  right('accuracy', ({ accuracy }) => formatPercent(accuracy)),
  left('set', ({ replica }) => shortHash(replica.measured?.setHash)),
  left('model', ({ replica }) => shortHash(replica.measured?.modelHash)),
  ...BYTES,
  left('', (node) => marked(node, ending(node)))
]

/** Where each node trains in some rounds only. */
const SAMPLED_COLUMNS = [
  ...WHO,
  right('trained', ({ trained }) => `${trained}`),
  ...ACCURACY,
  ...BYTES,
  left('state', (node) => marked(node, node.state === 'withdrawn' ? 'left early' : node.state))
]

/** The table that a run ends with, and what it comes to. */
export function finalTable(run: RunRecord): string {
  const table = run.nodes.length > LISTED_NODES ? extremesTable(run) : nodeTable(run)

  return [table, '', ...outcome(run), ...obituaries(run.nodes)].join('\n')
}

function nodeTable(run: RunRecord): string {
  const columns = sendsProjections(run.job) ? REPLICA_COLUMNS : samplesMembers(run.job) ? SAMPLED_COLUMNS : COLUMNS

  return formatTable(
    columns.map(({ heading }) => heading),
    run.nodes.map((node) => columns.map(({ cell }) => cell(node, run))),
    columns.map(({ align }) => align)
  )
}

interface Quantity {
  name: string
  values: number[]
  format: (value: number) => string
  /** A sum of it means something. */
  total: boolean
}

/** A line a quantity: lowest, median and highest of the nodes, and their sum. */
function extremesTable({ nodes, job }: RunRecord): string {
  const whole = (value: number): string => `${value}`
  const quantities: Quantity[] = [
    { name: 'examples', values: nodes.map(({ examples }) => examples), format: whole, total: true },
    {
      name: sendsProjections(job) ? 'steps' : 'rounds trained',
      values: nodes.map((node) => (sendsProjections(job) ? node.rounds : node.trained)),
      format: whole,
      total: true
    },
    {
      name: nodes.every(isHonest) ? 'accuracy' : 'accuracy of honest nodes',
      values: nodes.filter(isHonest).flatMap(({ accuracy }) => accuracy ?? []),
      format: formatPercent,
      total: false
    },
    { name: 'sent', values: nodes.map(({ bytes }) => bytes.sent), format: formatBytes, total: true },
    { name: 'received', values: nodes.map(({ bytes }) => bytes.received), format: formatBytes, total: true }
  ]
  const rows = quantities.map(({ name, values, format, total }) => {
    const figures = values.length === 0 ? [] : [minOf(values), medianOf(values)!, maxOf(values)].map(format)

    return [name, ...(figures.length === 0 ? ['-', '-', '-'] : figures), total ? format(sumOf(values)) : '']
  })

  return formatTable([`${nodes.length} nodes`, 'lowest', 'median', 'highest', 'in all'], rows, [
    'left',
    ...rows[0]!.slice(1).map(() => 'right' as const)
  ])
}

function outcome(run: RunRecord): string[] {
  const { baseline, bytes, rounds } = summarise(run)
  const lines = [accuracyInWords(run), ...attackers(run), ...distrust(run), ...divergence(run)]
  const isAttacked = !run.nodes.every(isHonest)
  if (baseline.alone.mean !== null && baseline.pooled !== null) {
    lines.push(
      `alone    ${formatPercent(baseline.alone.mean)} mean accuracy of the same nodes, as many steps, without the others`,
      `pooled   ${formatPercent(baseline.pooled)} one model on all the data${isAttacked ? ', that of Byzantine nodes included' : ''}, as many steps, batches ${pooledScale(run)} times larger`
    )
  }
  const seconds = run.simulated?.virtualSeconds ?? run.seconds
  const round = sendsProjections(run.job) ? 'step' : 'round'
  lines.push(
    ...replicas(run),
    `traffic  ${formatBytes(bytes.sent)} sent, ${formatBytes(bytes.perNodePerRound)} a node and ${round};` +
      ` ${rounds} ${round}s in ${formatSeconds(seconds)}${run.simulated === undefined ? '' : ' of virtual time'}`,
    ...simulation(run)
  )

  return lines
}

/** Whom the filter leaves out. */
function distrust(run: RunRecord): string[] {
  const { learner } = run.job

  return 'filter' in learner && learner.filter !== undefined ? [`filter   ${distrustInWords(run)}`] : []
}

/** Whether all have the same model, and what it cost to keep it so. */
function replicas(run: RunRecord): string[] {
  if (!sendsProjections(run.job)) return []
  const { projections, projectionsPerSecond, payloadBytes, wireBytesPerProjectionAndPeer: wire } = summarise(run)
  const rate = projectionsPerSecond == null ? '' : `, ${projectionsPerSecond} a second`
  const each = wire == null ? '' : `; ${wire} B on the wire for each and every peer that received it`

  return [
    `replicas ${replicasInWords(run).text}`,
    `payload  ${projections ?? 0} projections${rate}: ${formatBytes(payloadBytes ?? 0)}, 1 B each${each}`
  ]
}

function accuracyInWords(run: RunRecord): string {
  const { mean, min, max } = summarise(run).accuracy
  if (run.simulated?.spec.train === false) return 'swarm    ran without training: there is no accuracy'
  const honest = run.nodes.filter(isHonest).length
  const whose = honest === run.nodes.length ? '' : ` of the ${honest} honest ${honest === 1 ? 'node' : 'nodes'}`
  const who = whose === '' ? 'any node' : 'any honest node'
  if (mean === null || min === null || max === null) return `swarm    ended before ${who} had its last model`
  if (samplesMembers(run.job) && min === max) {
    return `model    ${formatPercent(mean)} accuracy${whose} on the common test set`
  }

  return `swarm    ${formatPercent(mean)} mean accuracy${whose} on the common test set (${formatPercent(min)} to ${formatPercent(max)})`
}

/** Who attacked, and what came of it. */
function attackers({ nodes }: RunRecord): string[] {
  const words = attacksInWords(nodes)
  if (words === '') return []
  const honest = nodes.filter(isHonest)
  const codes = [...new Set(honest.flatMap(({ rejected }) => Object.keys(rejected)))].sort()
  const refused = codes.map((code) => `${sumOf(honest.map(({ rejected }) => rejected[code] ?? 0))} times ${code}`)

  return [`attack   ${words}`, ...(refused.length === 0 ? [] : [`refused  by honest nodes: ${refused.join(', ')}`])]
}

/** Whose training came to nothing. */
function divergence({ nodes }: RunRecord): string[] {
  const diverged = nodes.filter((node) => isHonest(node) && node.diverged > 0)
  if (diverged.length === 0) return []
  const rounds = sumOf(diverged.map((node) => node.diverged))

  return [
    `diverged ${diverged.length} of ${nodes.filter(isHonest).length} nodes in ${rounds} rounds: training ended in NaN, and was undone`
  ]
}

function simulation({ simulated, seconds }: RunRecord): string[] {
  if (simulated?.result === undefined) return []
  const { events, eventsPerSecond, digest } = simulated.result

  return [
    `events   ${events} in ${formatSeconds(seconds)}, ${Math.round(eventsPerSecond)} a second; digest ${digest.slice(0, 16)}`
  ]
}

function obituaries(nodes: readonly NodeRecord[]): string[] {
  const dead = nodes.filter(({ state }) => state === 'died')
  if (dead.length <= NAMED_DEAD) return dead.map(obituary)
  const reasons = [...new Set(dead.map(({ reason }) => reason ?? 'unknown'))]

  return reasons.map((reason) => {
    const times = dead.filter((node) => (node.reason ?? 'unknown') === reason).map((node) => node.lastHeardSeconds)
    const when = `between ${formatSeconds(minOf(times))} and ${formatSeconds(maxOf(times))}`

    return `died     ${times.length} of ${nodes.length} nodes: ${reason}; last heard ${when}`
  })
}

function obituary(node: NodeRecord): string {
  const when = `last heard at ${formatSeconds(node.lastHeardSeconds)}, round ${node.rounds}`

  return `died     node ${node.index} ${shortPeer(node.peer)}: ${node.reason ?? 'unknown'}; ${when}`
}
