import { samplesMembers, sendsProjections } from '../../../node/job-progress.ts'
import { formatBytes } from '../../format.ts'
import { maxOf } from '../../statistics.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { summarise } from '../summary.ts'
import { renderDistribution } from './distribution.ts'
import { html, type Markup } from './markup.ts'
import { DRAWN_NODES } from './node-names.ts'
import { coordinate } from './scale.ts'

/** More nodes than this stand closer together, with what they sent a round in a tool tip. */
const ROOMY_NODES = 16

/** What each node sent and received: bars on one scale. */
export function renderBytes(run: RunRecord): Markup {
  const { bytes, rounds } = summarise(run)
  const largest = maxOf([0, ...run.nodes.flatMap((node) => [node.bytes.sent, node.bytes.received])])
  if (largest === 0) return html`<p class="empty">No bytes went between nodes.</p>`
  const round = sendsProjections(run.job) ? 'step' : 'round'
  const total = html`<p>${formatBytes(bytes.sent)} sent and ${formatBytes(bytes.received)} received in all; ${formatBytes(bytes.perNodePerRound)} sent a node and ${round}.</p>`
  if (run.nodes.length > DRAWN_NODES) {
    return html`${total}<p class="note">How many nodes sent how much over the whole run:</p>
${renderDistribution(
  run.nodes.map((node) => node.bytes.sent),
  { noun: 'node', format: formatBytes }
)}`
  }
  const roundsOf = (node: NodeRecord): number => (samplesMembers(run.job) ? rounds : node.rounds)

  return html`${total}
<p class="key"><span class="sent">sent</span> <span class="received">received</span></p>
<ol class="bytes${run.nodes.length > ROOMY_NODES ? ' dense' : ''}">${run.nodes.map((node) => renderNode(node, { rounds: roundsOf(node), largest, round }))}</ol>`
}

function renderNode(
  node: NodeRecord,
  { rounds, largest, round }: { rounds: number; largest: number; round: string }
): Markup {
  const { sent, received } = node.bytes
  const perRound = rounds === 0 ? `no ${round}s` : `${formatBytes(sent / rounds)} sent a ${round}`

  return html`<li data-node="${node.index}" title="node ${node.index}: ${perRound}"><span class="name">node ${node.index}<small>${perRound}</small></span>
<span class="bars">${bar('sent', sent, largest)}${bar('received', received, largest)}</span></li>
`
}

function bar(kind: 'sent' | 'received', bytes: number, largest: number): Markup {
  const percent = coordinate((bytes / largest) * 100)

  return html`<span class="bar ${kind}"><i style="width:calc((100% - 5.5em) * ${percent / 100})"></i><b><span class="unseen">${kind} </span>${formatBytes(bytes)}</b></span>`
}
