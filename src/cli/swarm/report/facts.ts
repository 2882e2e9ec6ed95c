import type { ModelJob, ProjectionJob } from '../../../node/job.ts'
import { samplesMembers, sendsProjections } from '../../../node/job-progress.ts'
import { formatBytes, formatPercent, formatSeconds } from '../../format.ts'
import { attacksInWords, isHonest } from '../byzantine.ts'
import { replicaSummary } from '../replicas.ts'
import type { RunRecord } from '../run-record.ts'
import { summarise } from '../summary.ts'
import { type Content, html, type Markup } from './markup.ts'
import { counted } from './node-names.ts'

const unmeasured = 'not measured'

/** The four figures that a run comes to. */
export function renderFigures(run: RunRecord): Markup {
  const { accuracy, bytes } = summarise(run)
  const range =
    accuracy.min === null || accuracy.max === null
      ? unmeasured
      : samplesMembers(run.job) && accuracy.min === accuracy.max
        ? 'on the common test set'
        : `${formatPercent(accuracy.min)} to ${formatPercent(accuracy.max)}`
  const figures = [
    [
      samplesMembers(run.job) ? 'Model' : run.nodes.every(isHonest) ? 'Swarm, mean' : 'Honest nodes, mean',
      formatPercent(accuracy.mean ?? undefined),
      range
    ],
    ...comparison(run),
    ['Sent in all', formatBytes(bytes.sent), `${formatBytes(bytes.perNodePerRound)} a node and ${roundName(run)}`]
  ]

  return html`<dl class="figures">${figures.map(([name, value, note]) => html`<div><dt>${name!}</dt><dd>${value!}</dd><dd class="note">${note!}</dd></div>`)}</dl>`
}

const roundName = ({ job }: RunRecord): string => (sendsProjections(job) ? 'step' : 'round')

function comparison(run: RunRecord): string[][] {
  if (run.baseline !== undefined) return baselineFigures(run)
  if (run.simulated !== undefined) return simulatedFigures(run)

  return sendsProjections(run.job) ? replicaFigures(run) : baselineFigures(run)
}

function replicaFigures(run: RunRecord): string[][] {
  const { hashes, setHashes, projections, payloadBytes } = replicaSummary(run)
  const models = new Set(hashes).size

  return [
    [
      'Replicas',
      models === 1 ? 'identical' : `${models} models`,
      `${counted(new Set(setHashes).size, 'set')} of projections`
    ],
    ['Projections', `${projections}`, `${formatBytes(payloadBytes)} of payload`]
  ]
}

function baselineFigures(run: RunRecord): string[][] {
  const { baseline } = summarise(run)
  const all = run.nodes.every(isHonest) ? '' : ", the Byzantine nodes' data included"

  return [
    [
      'One model, pooled data',
      formatPercent(baseline.pooled ?? undefined),
      baseline.pooled === null ? unmeasured : `as many steps, larger batches${all}`
    ],
    [
      'Each node alone, mean',
      formatPercent(baseline.alone.mean ?? undefined),
      baseline.alone.mean === null ? unmeasured : 'as many steps'
    ]
  ]
}

/** Where a simulation was compared with nothing: how far it got. */
function simulatedFigures(run: RunRecord): string[][] {
  const { rounds } = summarise(run)
  const { virtualSeconds, result } = run.simulated!
  const perRound = rounds === 0 ? 'no rounds' : `${formatSeconds(virtualSeconds / rounds)} a ${roundName(run)}`

  return [
    [sendsProjections(run.job) ? 'Steps' : 'Rounds', `${rounds}`, perRound],
    [
      'Virtual time',
      formatSeconds(virtualSeconds),
      result === undefined ? 'not finished' : `${result.events} events, ${Math.round(result.eventsPerSecond)} a second`
    ]
  ]
}

/** What was run, on what, when. */
export function renderFacts(run: RunRecord): Markup {
  const { processor, cores, platform, starling, node, onnxruntime, libp2p } = run.versions
  const long: [string, Content][] = [
    ['Machine', `${processor}, ${counted(cores, 'core')}, ${platform}`],
    ['Versions', `starling ${starling}, Node ${node}, onnxruntime ${onnxruntime}, libp2p ${libp2p}`]
  ]
  const fact =
    (className: string) =>
    ([name, value]: [string, Content]): Markup =>
      html`<div class="${className}"><dt>${name}</dt><dd>${value}</dd></div>`

  return html`<dl class="facts">${shortFacts(run).map(fact('short'))}${long.map(fact('long'))}</dl>`
}

function shortFacts(run: RunRecord): [string, Content][] {
  const { job } = run

  return [
    ['Started', startedInWords(run.startedAt)],
    ['Took', formatSeconds(run.seconds)],
    [sendsProjections(run.job) ? 'Steps' : 'Rounds', roundsInWords(run)],
    ['Seed', job.seed],
    ['Data', job.data.set],
    ['Partition', job.data.partition],
    ['Examples', `${run.nodes.reduce((sum, { examples }) => sum + examples, 0)} in all`],
    ...learnerFacts(run),
    ...byzantineFacts(run),
    ['Model', modelInWords(run)],
    [
      'Optimiser',
      sendsProjections(job) ? `SPSA, batches of ${job.batchSize}` : `${job.optimiser.name}, batches of ${job.batchSize}`
    ],
    ['Device', run.device],
    ['Job', html`<code title="${run.jobId}">${run.jobId.slice(0, 12)}</code>`]
  ]
}

function byzantineFacts({ nodes }: RunRecord): [string, Content][] {
  const attacks = attacksInWords(nodes)

  return attacks === '' ? [] : [['Byzantine', attacks]]
}

function learnerFacts({ job: { learner }, simulated }: RunRecord): [string, Content][] {
  return [
    ['Learner', learner.name],
    ...('queries' in learner ? projectionFacts(learner) : []),
    ...('topology' in learner ? [['Topology', learner.topology] satisfies [string, Content]] : []),
    ...('merge' in learner ? combiningFacts(learner) : []),
    ...('sample' in learner
      ? [
          ['Sample', `${learner.sample}, of which ${formatPercent(learner.successFraction)} suffice`] satisfies [
            string,
            Content
          ]
        ]
      : []),
    ...(simulated === undefined
      ? []
      : [
          ['World', simulated.flags === '' ? 'as by default' : html`<code>${simulated.flags}</code>`] satisfies [
            string,
            Content
          ]
        ])
  ]
}

/** What makes one model of a round's, where it is not the plain mean. */
function combiningFacts({ merge, ...learner }: ModelJob['learner']): [string, Content][] {
  const filter = 'filter' in learner ? learner.filter : undefined

  return [
    ...(filter === undefined ? [] : [['Filter', filter] satisfies [string, Content]]),
    ...(learner.robust === undefined ? [] : [['Robust rule', learner.robust] satisfies [string, Content]]),
    ...(merge === 'mean' ? [] : [['Merge', merge] satisfies [string, Content]])
  ]
}

function projectionFacts({ queries, epsilon, pool, trim, lead }: ProjectionJob['learner']): [string, Content][] {
  return [
    ['Queries', `${queries} a step, epsilon ${epsilon}`],
    ['Directions', pool === undefined ? 'all fresh' : `of a pool of ${pool.size}, ${pool.choice}`],
    ...(trim === 0 ? [] : [['Trimmed', `${trim} at one place`] satisfies [string, Content]]),
    ...(lead === undefined ? [] : [['Lead', `at most ${lead} steps`] satisfies [string, Content]])
  ]
}

/** 2026-03-01T12:34:56.789Z as "2026-03-01 12:34:56 UTC"; anything else as it is. */
function startedInWords(startedAt: string): string {
  return startedAt.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC')
}

function roundsInWords(run: RunRecord): string {
  const { rounds, seconds } = run.job.budget
  const limits = [
    ...(rounds === undefined ? [] : [`${rounds}`]),
    ...(seconds === undefined ? [] : [formatSeconds(seconds)])
  ]

  return `${summarise(run).rounds}${samplesMembers(run.job) ? '' : ' a node'}${limits.length === 0 ? '' : ` (budget ${limits.join(' or ')})`}`
}

function modelInWords({ job: { model } }: RunRecord): string {
  if (model.name === 'mlp' && model.hidden !== undefined) return `mlp, hidden ${model.hidden.join('-')}`
  if (model.name !== 'gpt') return model.name
  const options = (['layers', 'width', 'heads'] as const).flatMap((key) =>
    model[key] === undefined ? [] : [`${key} ${model[key]}`]
  )

  return ['gpt', ...options].join(', ')
}
