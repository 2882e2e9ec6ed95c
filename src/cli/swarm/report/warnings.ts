import { formatPercent, formatSeconds, shortPeer } from '../../format.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { html, type Markup, NOTHING } from './markup.ts'
import { counted } from './node-names.ts'

/** What a reader must know before believing the figures: an interruption, deaths, refused messages. */
export function renderWarnings(run: RunRecord): Markup {
  const items = [
    ...(run.interrupted
      ? [
          html`<li><strong>Interrupted</strong> after ${formatSeconds(run.seconds)}: the figures are those of an unfinished run.</li>`
        ]
      : []),
    ...run.nodes.filter(({ state }) => state === 'died').map(renderDeath),
    ...run.nodes.filter(({ rejected }) => Object.keys(rejected).length > 0).map(renderRefusals)
  ]

  return items.length === 0 ? NOTHING : html`<ul class="warnings" aria-label="Warnings">${items}</ul>`
}

function renderDeath(node: NodeRecord): Markup {
  const peer = node.peer === undefined ? NOTHING : html` <code title="${node.peer}">${shortPeer(node.peer)}</code>`
  const latest = node.curve.at(-1)
  const accuracy = latest === undefined ? '' : `, accuracy ${formatPercent(latest.accuracy)}`

  return html`<li data-node="${node.index}"><strong>Node ${node.index}</strong>${peer} <strong>died</strong>: ${node.reason ?? 'reason unknown'}. Last heard at ${formatSeconds(node.lastHeardSeconds)}, round ${node.rounds}${accuracy}.</li>`
}

function renderRefusals(node: NodeRecord): Markup {
  const codes = Object.entries(node.rejected)
    .map(([code, count]) => `${code} ${count} times`)
    .join(', ')
  const total = Object.values(node.rejected).reduce((sum, count) => sum + count, 0)

  return html`<li data-node="${node.index}"><strong>Node ${node.index}</strong> refused ${counted(total, 'message or model', 'messages and models')}: ${codes}.</li>`
}
