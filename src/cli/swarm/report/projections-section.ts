import { formatBytes, shortHash, shortPeer } from '../../format.ts'
import { maxOf } from '../../statistics.ts'
import type { MeasuredReplica } from '../replica-record.ts'
import { lagOf, livingReplicas, replicaSummary, replicasInWords } from '../replicas.ts'
import type { NodeRecord, RunRecord } from '../run-record.ts'
import { renderDistribution } from './distribution.ts'
import { html, type Markup, NOTHING } from './markup.ts'
import { counted, DRAWN_NODES } from './node-names.ts'

/** Whether all replicas are the same, how fast projections came, and what they cost. */
export function renderProjections(run: RunRecord): Markup {
  const living = livingReplicas(run)
  if (living.length === 0) return html`<p class="empty">No replica was measured before the run ended.</p>`
  const { agree, text } = replicasInWords(run)
  const verdict = `${text[0]!.toUpperCase()}${text.slice(1)}.`

  return html`<p class="${agree ? 'worked' : 'no-gain'}"><strong>${agree ? 'Identical.' : 'Not identical.'}</strong> ${verdict}${agree ? '' : ' Nodes that hold the same set have the same model; a set differs when projections did not arrive before the end.'}</p>
${renderSums(run)}
${run.nodes.length > DRAWN_NODES ? renderMany(living.map(({ measured }) => measured)) : renderTable(run)}
${renderIncidents(run.nodes)}`
}

function renderSums(run: RunRecord): Markup {
  const { projections, projectionsPerSecond, payloadBytes, wireBytesPerProjectionAndPeer: wire } = replicaSummary(run)
  const { queries } = run.job.learner as { queries?: number }
  const sums = [
    ['Projections', `${projections}`, `${counted(queries ?? 1, 'query', 'queries')} a step`],
    ['A second', projectionsPerSecond === null ? '-' : `${projectionsPerSecond}`, 'applied by each node, on average'],
    ['Payload', formatBytes(payloadBytes), '1 B a projection'],
    ['On the wire', wire === null ? '-' : `${wire} B`, 'a projection and receiving peer']
  ]

  return html`<dl class="figures">${sums.map(([name, value, note]) => html`<div><dt>${name!}</dt><dd>${value!}</dd><dd class="note">${note!}</dd></div>`)}</dl>`
}

function renderMany(measured: readonly MeasuredReplica[]): Markup {
  return html`<p class="note">Projections that nodes hold:</p>
${renderDistribution(
  measured.map(({ projections }) => projections),
  { noun: 'node', format: (value) => `${value}` }
)}`
}

function renderTable({ nodes }: RunRecord): Markup {
  const living = livingReplicas({ nodes })
  const most = maxOf(nodes.map(({ replica }) => replica.measured?.projections ?? 0))

  return html`<div class="scroll" tabindex="0" role="region" aria-label="Replicas"><table class="nodes">
<thead><tr><th scope="col">Node</th><th scope="col" class="text">Set</th><th scope="col" class="text">Model</th><th scope="col">Projections</th><th scope="col">Missing</th><th scope="col">Wrote</th><th scope="col">Behind</th></tr></thead>
<tbody>${nodes.map((node) => renderRow(node, most, lagOf(node.peer, living)))}</tbody></table></div>
<p class="note">Set: hash of the projections that count. Model: SHA-256 of the integers that they add up to; the same set has the same model. Missing: projections that the fullest replica has beyond it. Behind: by how many projections its log is shorter than the longest one, where least of it has arrived.</p>`
}

function renderRow({ index, replica: { measured } }: NodeRecord, most: number, lag: number | undefined): Markup {
  const cells =
    measured === undefined
      ? html`<td class="text" colspan="6">not measured</td>`
      : html`<td class="text"><code title="${measured.setHash}">${shortHash(measured.setHash)}</code></td><td class="text"><code title="${measured.modelHash}">${shortHash(measured.modelHash)}</code></td><td>${measured.projections}</td><td>${most - measured.projections}</td><td>${formatBytes(measured.payloadBytes)}</td><td>${lag ?? '-'}</td>`

  return html`<tr data-node="${index}"><td>${index}</td>${cells}</tr>
`
}

/** Who was caught with two logs, who began with a snapshot, whose disk failed. */
function renderIncidents(nodes: readonly NodeRecord[]): Markup {
  const voided = new Map(nodes.flatMap(({ replica }) => [...replica.voided]))
  const items = [
    ...[...voided].map(
      ([peer, place]) =>
        html`<li><code title="${peer}">${shortPeer(peer)}</code> has signed two logs: nothing of it counts from projection ${place} on.</li>`
    ),
    ...nodes.flatMap(({ index, replica: { adopted } }) =>
      adopted === undefined
        ? []
        : html`<li>Node ${index} began with a snapshot of ${adopted.projections} projections, which ${counted(adopted.vouchers, 'other peer')} vouched for.</li>`
    ),
    ...nodes.flatMap(({ index, replica: { journalFailure } }) =>
      journalFailure === undefined
        ? []
        : html`<li>Node ${index} could not keep its projections on disk: <code>${journalFailure}</code>.</li>`
    )
  ]

  return items.length === 0 ? NOTHING : html`<ul>${items}</ul>`
}
