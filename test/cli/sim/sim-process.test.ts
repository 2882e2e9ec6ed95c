import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { Summary } from '../../../src/cli/swarm/summary.ts'

const PROGRAM = fileURLToPath(new URL('../../../bin/starling.js', import.meta.url))
const SMALL = ['--nodes', '8', '--model', 'linear', '--device', 'cpu']
const SAMPLED = ['--learner', 'modest', '--sample', '3']

/** `starling sim` as a person starts it, in a folder that goes when the test is over. */
function startSim(flags: readonly string[]): { child: ChildProcess; out: string } {
  const folder = mkdtempSync(join(tmpdir(), 'starling-sim-'))
  const out = join(folder, 'run')
  const child = spawn(process.execPath, [PROGRAM, 'sim', ...flags, '--out', out], { stdio: 'pipe' })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  return { child, out }
}

async function simulate(flags: readonly string[]): Promise<{ summary: Summary; out: string }> {
  const { child, out } = startSim([...flags, '--json', '--quiet'])
  const [stdout, errors, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')])
  expect(errors).toBe('')
  expect(code).toBe(0)

  return { summary: JSON.parse(stdout) as Summary, out }
}

test('the same seed gives the same events under churn and loss, another seed others', { timeout: 60_000 }, async () => {
  const flags = [...SMALL, ...SAMPLED, '--rounds', '6', '--churn', 'crash:0.25,leave:0.125', '--loss', '0.02']
  const [first, second, other] = [
    await simulate(flags),
    await simulate(flags),
    await simulate([...flags, '--seed', '2'])
  ] as const
  const read = ({ out }: { out: string }): string => readFileSync(join(out, 'events.jsonl'), 'utf8')

  expect(read(second)).toBe(read(first))
  expect(read(other)).not.toBe(read(first))
  expect(first.summary.simulated?.eventsSha256).toBe(createHash('sha256').update(read(first)).digest('hex'))
  expect(second.summary.simulated?.digest).toBe(first.summary.simulated?.digest)
  expect(first.summary.died).toHaveLength(2)
  expect(readdirSync(first.out).sort()).toEqual([
    'events.jsonl',
    'job.yaml',
    'report.html',
    'sim.json',
    'summary.json',
    'versions.json'
  ])
})

test('without training there are rounds and bytes, and no accuracy', async () => {
  const trace = join(mkdtempSync(join(tmpdir(), 'starling-sim-')), 'trace.jsonl')
  const { summary, out } = await simulate([...SMALL, ...SAMPLED, '--rounds', '6', '--no-train', '--trace', trace])

  expect(summary.rounds).toBe(6)
  expect(summary.bytes.sent).toBeGreaterThan(0)
  expect(summary.accuracy).toEqual({ mean: null, min: null, max: null })
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('ran without training')
  const lines = readFileSync(trace, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toContain('delivered')
})

test('a first Ctrl-C stops, and keeps what was done', async () => {
  const { child, out } = startSim([...SMALL, ...SAMPLED, '--rounds', '1000000'])
  void text(child.stdout!)
  const closed = once(child, 'close')
  // once: a second signal would end it at once
  let asked = false
  for await (const chunk of child.stderr!) {
    if (asked || !/virtual time/.test(String(chunk))) continue
    asked = child.kill('SIGINT')
  }

  expect((await closed)[0]).toBe(130)
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Summary
  expect(summary).toMatchObject({ interrupted: true, died: [], simulated: { digest: null } })
})

test.each([
  { flags: ['--churn', 'crash:2'], says: '--churn: churn "crash:2": "2" is not a fraction from 0 to 1' },
  { flags: ['--latency', 'abc'], says: '--latency: latency "abc": expected constant:50' },
  { flags: ['--loss', '1.5'], says: '--loss 1.5: "1.5" is not a number from 0 to 1' },
  { flags: ['--nodes', '0'], says: '--nodes 0: expected a whole number from 1 to 100000' },
  { flags: ['--learner', 'modest', '--topology', 'ring'], says: '--topology: the learner modest has none' }
])('$flags is refused in one line', async ({ flags, says }) => {
  const { child } = startSim(flags)
  const [errors, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')])

  expect(code).toBe(2)
  expect(errors).toContain(says)
  expect(errors.trimEnd().split('\n')).toHaveLength(1)
})
