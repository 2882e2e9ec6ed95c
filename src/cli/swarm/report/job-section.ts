import { canonicalJob } from '../../../node/job.ts'
import { byzantineFlags } from '../byzantine.ts'
import type { RunRecord } from '../run-record.ts'
import { html, type Markup } from './markup.ts'

/** What was run, word for word, and how to run it again. */
export function renderJob({ job, jobId, simulated, nodes }: RunRecord): Markup {
  const canonical = canonicalJob(job)
  const command = simulated === undefined ? 'swarm' : 'sim'
  const checkout = simulated === undefined ? 'npm run swarm --' : 'npm run starling -- sim'
  const flags = [`--seed ${job.seed}`, simulated?.flags ?? '', byzantineFlags(nodes)]
    .filter((flag) => flag !== '')
    .join(' ')

  return html`<p>To run it again, in this report's folder, which has the job as <code>job.yaml</code> (all flags apply, <code>--device</code> among them):</p>
<pre><code>starling ${command} job.yaml ${flags}</code></pre>
<p>From a checkout of the repository:</p>
<pre><code>${checkout} path/to/job.yaml ${flags}</code></pre>
<details><summary>The job</summary>
<pre><code>${JSON.stringify(JSON.parse(canonical), undefined, 2)}</code></pre>
<p class="note">Its id, <code class="id">${jobId}</code>, is the SHA-256 of this object as canonical JSON (RFC 8785): without spaces, keys sorted.</p></details>`
}
