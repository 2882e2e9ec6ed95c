import { canonicalJob } from '../../../node/job.ts'
import type { RunRecord } from '../run-record.ts'
import { html, type Markup } from './markup.ts'

/** What was run, word for word, and how to run it again. */
export function renderJob({ job, jobId }: RunRecord): Markup {
  const canonical = canonicalJob(job)

  return html`<p>To run it again, in this report's folder, which has the job as <code>job.yaml</code> (all flags apply, <code>--device</code> among them):</p>
<pre><code>starling swarm job.yaml --seed ${job.seed}</code></pre>
<p>From a checkout of the repository:</p>
<pre><code>npm run swarm -- path/to/job.yaml --seed ${job.seed}</code></pre>
<details><summary>The job</summary>
<pre><code>${JSON.stringify(JSON.parse(canonical), undefined, 2)}</code></pre>
<p class="note">Its id, <code class="id">${jobId}</code>, is the SHA-256 of this object as canonical JSON (RFC 8785): without spaces, keys sorted.</p></details>`
}
