import { maxOf, sumOf } from '../../statistics.ts'
import type { RunRecord } from '../run-record.ts'
import { renderDistribution } from './distribution.ts'
import { html, type Markup } from './markup.ts'
import { counted } from './node-names.ts'

/** Who trained how often, where a learner draws a sample each round. */
export function renderSampling({ nodes, job: { learner } }: RunRecord): Markup {
  const trained = nodes.map((node) => node.trained)
  const total = sumOf(trained)
  if (total === 0) return html`<p class="empty">No node was drawn before the run ended.</p>`
  const never = trained.filter((count) => count === 0).length
  const sample = 'sample' in learner ? `Each round draws ${learner.sample}. ` : ''

  return html`<p>${sample}${counted(nodes.length, 'node')} trained ${counted(total, 'time')} in all, at most ${counted(maxOf(trained), 'time')} each${never === 0 ? '' : `; ${never} never`}. There is no topology: in the long run everybody exchanges models with everybody.</p>
${renderDistribution(trained, { noun: 'node', format: (value) => counted(value, 'round') })}`
}
