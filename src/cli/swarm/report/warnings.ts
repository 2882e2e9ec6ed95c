import { formatPercent, formatSeconds, shortPeer } from '../../format.ts'
import { maxOf, minOf, sumOf } from '../../statistics.ts'
import { isHonest } from '../byzantine.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { html, type Markup, NOTHING } from './markup.ts'
import { counted } from './node-names.ts'

/** More nodes than this are counted. */
const NAMED_NODES = 10

/** What a reader must know before believing the figures: an interruption, deaths, refused messages. */
export function renderWarnings(run: RunRecord): Markup {
  const items = [
    ...(run.interrupted
      ? [
          html`<li><strong>Interrupted</strong> after ${formatSeconds(run.seconds)}: the figures are those of an unfinished run.</li>`
        ]
      : []),
    ...renderDeaths(run.nodes),
    ...renderDivergence(run.nodes),
    ...renderRefusals(run.nodes)
  ]

  return items.length === 0 ? NOTHING : html`<ul class="warnings" aria-label="Warnings">${items}</ul>`
}

/** One by one, or by reason where they are many. */
function renderDeaths(nodes: readonly NodeRecord[]): Markup[] {
  const dead = nodes.filter(({ state }) => state === 'died')
  if (dead.length <= NAMED_NODES) return dead.map(renderDeath)
  const reasons = [...new Set(dead.map(({ reason }) => reason ?? 'reason unknown'))]

  return reasons.map((reason) => {
    const times = dead
      .filter((node) => (node.reason ?? 'reason unknown') === reason)
      .map((node) => node.lastHeardSeconds)

    return html`<li><strong>${counted(times.length, 'node')}</strong> of ${nodes.length} <strong>died</strong>: ${reason}. Last heard between ${formatSeconds(minOf(times))} and ${formatSeconds(maxOf(times))}.</li>`
  })
}

function renderDeath(node: NodeRecord): Markup {
  const peer = node.peer === undefined ? NOTHING : html` <code title="${node.peer}">${shortPeer(node.peer)}</code>`
  const latest = node.curve.at(-1)
  const accuracy = latest === undefined ? '' : `, accuracy ${formatPercent(latest.accuracy)}`

  return html`<li data-node="${node.index}"><strong>Node ${node.index}</strong>${peer} <strong>died</strong>: ${node.reason ?? 'reason unknown'}. Last heard at ${formatSeconds(node.lastHeardSeconds)}, round ${node.rounds}${accuracy}.</li>`
}

function namesOf(nodes: readonly NodeRecord[]): string {
  if (nodes.length > NAMED_NODES) return counted(nodes.length, 'node')

  return `${nodes.length === 1 ? 'node' : 'nodes'} ${nodes.map(({ index }) => index).join(', ')}`
}

/** Of honest nodes: how attackers fare is no warning. */
function renderDivergence(nodes: readonly NodeRecord[]): Markup[] {
  const diverged = nodes.filter((node) => isHonest(node) && node.diverged > 0)
  if (diverged.length === 0) return []
  const rounds = sumOf(diverged.map((node) => node.diverged))

  return [
    html`<li><strong>Diverged</strong>, in ${counted(rounds, 'round')}: training of ${namesOf(diverged)} ended in NaN or infinity, and was undone.</li>`
  ]
}

/** By code, not by node: one hostile peer is refused by all its neighbours. */
function renderRefusals(nodes: readonly NodeRecord[]): Markup[] {
  const codes = [...new Set(nodes.flatMap(({ rejected }) => Object.keys(rejected)))].sort()

  return codes.map((code) => {
    const by = nodes.filter(({ rejected }) => (rejected[code] ?? 0) > 0)
    const total = by.reduce((sum, { rejected }) => sum + rejected[code]!, 0)

    return html`<li><strong>Refused</strong>, ${counted(total, 'time')}: <code>${code}</code>, by ${namesOf(by)}.</li>`
  })
}
