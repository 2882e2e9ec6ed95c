import { samplesMembers, sendsProjections } from '../../../node/job-progress.ts'
import { formatPercent } from '../../format.ts'
import { maxOf, meanOf, minOf } from '../../statistics.ts'
import { isHonest } from '../byzantine.ts'
import { newestAccuracy } from '../progress.ts'
import { replicasInWords } from '../replicas.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { summarise } from '../summary.ts'
import { counted } from './node-names.ts'

/** Share of the pooled model's accuracy from which a swarm counts as having worked. */
export const WORKED_SHARE = 0.95

export type Outcome = 'worked' | 'partly' | 'no gain' | 'unknown'

export interface Verdict {
  outcome: Outcome
  /** Before the sentence: empty when there is nothing to compare with. */
  headline: string
  sentence: string
}

const HEADLINES: Readonly<Record<Outcome, string>> = {
  worked: 'It worked.',
  partly: 'It worked in part.',
  'no gain': 'No gain.',
  unknown: ''
}

/** Did it work? In one sentence, with the figures it rests on. */
export function verdict(run: RunRecord): Verdict {
  const outcome = judge(run)

  return { outcome, headline: HEADLINES[outcome], sentence: `${swarmInWords(run)} ${resultInWords(run)}` }
}

function judge(run: RunRecord): Outcome {
  const { accuracy, baseline } = summarise(run)
  if (run.nodes.length < 2 || accuracy.mean === null || baseline.pooled === null) return 'unknown'
  if (accuracy.mean >= WORKED_SHARE * baseline.pooled) return 'worked'

  return baseline.alone.mean === null || accuracy.mean > baseline.alone.mean ? 'partly' : 'no gain'
}

function swarmInWords(run: RunRecord): string {
  const holding = holdingsInWords(run.nodes)
  const died = run.nodes.filter(({ state }) => state === 'died').length
  const deaths = died === 0 ? '' : `, ${died} of which died,`

  const withdrawn = run.nodes.filter(({ state }) => state === 'withdrawn').length
  const leavers = withdrawn === 0 ? '' : `, ${withdrawn} of which left early,`

  const byzantine = run.nodes.filter((node) => !isHonest(node)).length
  const attackers = byzantine === 0 ? '' : `, ${byzantine} of which attacked,`

  return `${counted(run.nodes.length, run.simulated === undefined ? 'node' : 'simulated node')}${holding === '' ? '' : ` ${holding}`}${attackers}${deaths}${leavers}`
}

/** "that each hold 2 of 10 classes"; empty when no node has said what it holds. */
function holdingsInWords(nodes: readonly NodeRecord[]): string {
  const classes = maxOf([0, ...nodes.map(({ classCounts }) => classCounts.length)])
  const held = nodes
    .filter(({ classCounts }) => classCounts.length > 0)
    .map(({ classCounts }) => classCounts.filter((count) => count > 0).length)
  if (classes < 2 || held.length === 0) return ''
  const fewest = minOf(held)
  const most = maxOf(held)
  const verb = nodes.length === 1 ? 'that holds' : fewest === most ? 'that each hold' : 'that hold'
  const share = fewest === most ? `${fewest}` : `${fewest} to ${most}`

  return fewest === classes ? `${verb} all ${classes} classes` : `${verb} ${share} of ${classes} classes`
}

function resultInWords(run: RunRecord): string {
  const { accuracy, baseline } = summarise(run)
  if (run.simulated?.spec.train === false) return 'ran without training: there is no accuracy.'
  if (accuracy.mean === null) return withoutResult(run)
  const whose =
    run.nodes.length === 1
      ? ''
      : samplesMembers(run.job) && accuracy.min === accuracy.max
        ? ' with one model'
        : ' on average'
  const reached = `reached ${formatPercent(accuracy.mean)}${whose}`
  if (sendsProjections(run.job)) return `reached ${formatPercent(accuracy.mean)}: ${replicasInWords(run).text}.`
  if (baseline.pooled === null) return `${reached}. No baseline was measured to compare with.`
  const share = baseline.pooled > 0 ? `${Math.floor((accuracy.mean / baseline.pooled) * 100 + 1e-9)} % of ` : ''
  const pooled = `${share}what one model on the pooled data reaches (${formatPercent(baseline.pooled)})`
  const alone =
    baseline.alone.mean === null
      ? ''
      : `, where ${run.nodes.length > 1 ? 'each alone' : 'alone it'} gets ${formatPercent(baseline.alone.mean)}`

  return `${reached}: ${pooled}${alone}.`
}

function withoutResult(run: RunRecord): string {
  const latest = run.nodes.flatMap(({ curve }) => curve.at(-1)?.accuracy ?? [])
  const seen =
    latest.length === 0
      ? 'No accuracy was measured.'
      : samplesMembers(run.job)
        ? `When last measured, the model had ${formatPercent(newestAccuracy(run.job, run.nodes))}.`
        : `When last measured, ${counted(latest.length, 'model')} had ${formatPercent(meanOf(latest))} on average.`

  return `ended without a final model${run.interrupted ? ': the run was interrupted' : ''}. ${seen}`
}
