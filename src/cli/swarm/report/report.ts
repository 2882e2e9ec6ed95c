import { createHash } from 'node:crypto'
import { samplesMembers, sendsProjections } from '../../../node/job-progress.ts'
import type { RunRecord } from '../run-record.ts'
import { renderAccuracy } from './accuracy-section.ts'
import { renderBytes } from './bytes-section.ts'
import { hasDistrust, renderDistrust } from './distrust-section.ts'
import { renderFacts, renderFigures } from './facts.ts'
import { renderHeatMap } from './heat-map-section.ts'
import { renderJob } from './job-section.ts'
import { hasLikeness, renderLikeness } from './likeness-section.ts'
import { html, Markup, NOTHING } from './markup.ts'
import { renderNodeTable } from './node-table.ts'
import { renderProjections } from './projections-section.ts'
import { renderRounds } from './rounds-section.ts'
import { renderSampling } from './sampling-section.ts'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'
import { renderTopology } from './topology-section.ts'
import { verdict } from './verdict.ts'
import { renderWarnings } from './warnings.ts'

/**
 * A run as one HTML page: did it work, and why. The page needs nothing but
 * itself, and its policy lets it fetch nothing and run nothing but its own
 * script, whatever text came from peers. The same record makes the same bytes.
 */
export function renderReport(run: RunRecord): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${run.job.name}: a ${run.simulated === undefined ? '' : 'simulated '}Starling swarm of ${run.nodes.length}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${renderHeader(run)}
<main>
${section('Accuracy', renderAccuracy(run))}
${run.aggregations.length > 0 ? section('Rounds', renderRounds(run)) : NOTHING}
${hasLikeness(run) ? section('Likeness', renderLikeness(run)) : NOTHING}
${hasDistrust(run) ? section('Who distrusts whom', renderDistrust(run)) : NOTHING}
${renderPair(run)}
${section('Bytes', renderBytes(run))}
${section('Nodes', renderNodeTable(run))}
${section('Run it again', renderJob(run))}
</main>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`.text
}

/** Who exchanges with whom, beside who has which data; projections reach everyone, and there is nothing to draw. */
function renderPair(run: RunRecord): Markup {
  const data = section('Data', renderHeatMap(run))
  if (sendsProjections(run.job))
    return html`${section('Projections', renderProjections(run))}
${data}`
  const who = samplesMembers(run.job)
    ? section('Sampling', renderSampling(run))
    : section('Topology', renderTopology(run))

  return html`<div class="pair">${who}${data}</div>`
}

function renderHeader(run: RunRecord): Markup {
  const { outcome, headline, sentence } = verdict(run)

  return html`<header>
<h1>${run.simulated === undefined ? 'Swarm' : 'Simulated'} run: ${run.job.name}</h1>
<p class="verdict ${outcome.replace(' ', '-')}">${headline === '' ? NOTHING : html`<strong>${headline}</strong> `}${sentence}</p>
${renderWarnings(run)}
${renderFigures(run)}
${renderFacts(run)}
</header>`
}

function section(heading: string, content: Markup): Markup {
  return html`<section><h2>${heading}</h2>
${content}</section>`
}

function policy(): string {
  const hash = createHash('sha256').update(SCRIPT).digest('base64')

  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`
}
