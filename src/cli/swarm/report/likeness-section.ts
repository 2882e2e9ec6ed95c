import { formatPercent } from '../../format.ts'
import type { MergeMean } from '../merge-means.ts'
import type { RunRecord } from '../run-record.ts'
import { describeIncidents, incidentMarks } from './incident-marks.ts'
import { html, type Markup } from './markup.ts'
import { counted } from './node-names.ts'
import { renderStepChart, type StepPoint } from './step-chart.ts'

/** Says of a run whether its merge policy measures how alike the models are. */
export function hasLikeness({ merges }: RunRecord): boolean {
  return merges.size > 0
}

/** How alike the models were, round by round, as the merge policy measured it. */
export function renderLikeness(run: RunRecord): Markup {
  const rounds = [...run.merges.values()].sort((a, b) => a.round - b.round)
  const isStretched = rounds.some(({ factor }) => factor !== undefined)

  return isStretched
    ? chart(run, rounds, {
        title: 'Factor',
        measured: ({ factor }) => factor,
        format: (factor) => factor.toFixed(3),
        meaning:
          'What tensors of the mean were stretched by, over the nodes of each round: about 1 where models are alike, √n where n of them have nothing in common'
      })
    : chart(run, rounds, {
        title: 'Moved',
        measured: ({ moved }) => moved,
        format: formatPercent,
        meaning: 'Hidden units that had to change places, over the nodes of each round: none where models are alike'
      })
}

interface Measure {
  title: string
  measured: (mean: MergeMean) => number | undefined
  format: (value: number) => string
  meaning: string
}

function chart({ incidents, simulated }: RunRecord, rounds: readonly MergeMean[], measure: Measure): Markup {
  const { title, measured, format, meaning } = measure
  const known = rounds.flatMap((mean) => {
    const value = measured(mean)
    return value === undefined ? [] : [{ ...mean, value }]
  })
  // later rounds of fast nodes may end before earlier ones of slow nodes
  let lastSeconds = 0
  const points: StepPoint[] = known.map(({ round, seconds, nodes, value }) => {
    const fromSeconds = lastSeconds
    lastSeconds = Math.max(lastSeconds, seconds)
    const text = `round ${round}: ${format(value)}, mean over ${counted(nodes, 'node')}`

    return { fromSeconds, seconds: lastSeconds, value, text }
  })
  const [first, last] = [known[0]!, known.at(-1)!]
  const marks = incidentMarks(incidents, lastSeconds)

  return html`<p>${title} ${format(first.value)} in round ${first.round}, ${format(last.value)} in round ${last.round}.</p>
<div class="steps"><figure>${renderStepChart({ title, points, marks, untilSeconds: lastSeconds, unit: '' })}<figcaption>${meaning}. Over the time at which the last node had merged${simulated === undefined ? '' : ', in virtual time'}. ${describeIncidents(incidents)}</figcaption></figure></div>`
}
