import { formatPercent, formatSeconds } from '../../format.ts'
import { maxOf, meanOf, medianOf } from '../../statistics.ts'
import type { RunRecord } from '../run-record.ts'
import { describeIncidents, incidentMarks } from './incident-marks.ts'
import { html, type Markup, NOTHING } from './markup.ts'
import { counted } from './node-names.ts'
import { type RoundTime, roundTimes } from './round-times.ts'
import { renderStepChart, type StepChart } from './step-chart.ts'

/** How long the rounds of a learner that samples took, and how many models each merged; nothing without such rounds. */
export function renderRounds(run: RunRecord): Markup {
  const rounds = roundTimes(run.aggregations)
  if (rounds.length === 0) return html`<p class="empty">No round was merged before the run ended.</p>`
  const untilSeconds = maxOf([rounds.at(-1)!.seconds, ...run.incidents.map(({ seconds }) => seconds)])
  const common = { untilSeconds, marks: incidentMarks(run.incidents, untilSeconds) }

  return html`<p>${inWords(rounds)}</p>
<div class="steps"><figure>${renderStepChart(timeChart(rounds, common))}<figcaption>Seconds from merge to merge, over ${run.simulated === undefined ? 'time' : 'virtual time'}. ${describeIncidents(run.incidents)}</figcaption></figure>
<figure>${renderStepChart(mergedChart(rounds, common))}<figcaption>Models merged in each round${expectedInWords(rounds)}.</figcaption></figure></div>
${run.aggregations.length > rounds.length ? html`<p class="note">Where several nodes merged a round, the first one counts.</p>` : NOTHING}`
}

type Common = Pick<StepChart, 'untilSeconds' | 'marks'>

function timeChart(rounds: readonly RoundTime[], common: Common): StepChart {
  const points = rounds.flatMap(({ round, seconds, sinceRound, tookSeconds }) => {
    if (tookSeconds === undefined) return []
    const text = `round ${round}: ${formatSeconds(tookSeconds)} after round ${sinceRound}`

    return [{ fromSeconds: seconds - tookSeconds, seconds, value: tookSeconds, text }]
  })

  return { ...common, title: 'Time per round', points, unit: ' s' }
}

function mergedChart(rounds: readonly RoundTime[], common: Common): StepChart {
  const points = rounds.map(({ round, seconds, tookSeconds = 0, merged, expected, waitedMs }) => ({
    fromSeconds: seconds - tookSeconds,
    seconds,
    value: merged,
    text: `round ${round}: ${merged} of ${expected}, ${formatSeconds(waitedMs / 1000)} after the first`
  }))

  return { ...common, title: 'Models merged per round', points, unit: '' }
}

function inWords(rounds: readonly RoundTime[]): string {
  const took = rounds.flatMap(({ tookSeconds }) => tookSeconds ?? [])
  const share = meanOf(rounds.map(({ merged, expected }) => (expected === 0 ? 0 : merged / expected)))
  const times =
    took.length === 0
      ? ''
      : `, ${formatSeconds(medianOf(took)!)} each in the middle, ${formatSeconds(maxOf(took))} the longest`

  return `${counted(rounds.length, 'round')} merged${times}; on average ${formatPercent(share)} of a sample's models.`
}

function expectedInWords(rounds: readonly RoundTime[]): string {
  const most = maxOf(rounds.map(({ expected }) => expected))

  return rounds.every(({ expected }) => expected === most) ? `, of ${most}` : `, of up to ${most}`
}
