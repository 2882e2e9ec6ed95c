import { readdirSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { type Control, connectTo } from '../../../src/cli/attach/control.ts'
import { followEnding } from '../../../src/cli/attach/ending.ts'
import { evaluateAll } from '../../../src/cli/repl/script.ts'
import { Watch } from '../../../src/cli/repl/watch.ts'
import type { NodeHandlers } from '../../../src/node/control/dispatch.ts'
import { METHODS, type MethodName } from '../../../src/node/control/schema.ts'
import { ANSWERS } from '../../fixtures/answers.ts'
import { type Owner, serve } from '../../node/control/owner.ts'

/** All that a detached prompt could leave behind in this process. */
function held(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const resource of process.getActiveResourcesInfo()) counts[resource] = (counts[resource] ?? 0) + 1
  for (const event of process.eventNames()) counts[`on ${String(event)}`] = process.listenerCount(event)
  counts['descriptors'] = readdirSync('/proc/self/fd').length

  return counts
}

/** What there is more of, by far more than a few timers of the test's own. */
function grown(before: Record<string, number>): string[] {
  return Object.entries(held()).flatMap(([what, count]) => (count - (before[what] ?? 0) >= A_FEW ? [what] : []))
}

const A_FEW = 10

/** A real control server on a real socket, with the answers of a fixture. */
function serveAnswers(): Promise<Owner> {
  const handlers = Object.fromEntries((Object.keys(METHODS) as MethodName[]).map((name) => [name, () => ANSWERS[name]]))

  return serve({ handlers: handlers as unknown as NodeHandlers, limits: { maxConnections: 64 } })
}

async function inspect(control: Control): Promise<void> {
  const output = new PassThrough().resume()
  await evaluateAll(['peers', '(await why).length', 'const s = await status; s.round'], {
    control,
    canWrite: false,
    json: true,
    output
  })
}

/** As `starling repl` does: follows the node's end, evaluates, watches, and hangs up in the middle of it. */
async function attachInspectDetach(path: string): Promise<void> {
  const control = await connectTo({ kind: 'unix', path })
  try {
    await followEnding(control)
    await new Watch(control, () => undefined).add(['round:ended'])
    await inspect(control)
  } finally {
    await control.close()
  }
}

test('200 times attached and detached: nothing stays behind, on either side', async () => {
  const { server, feed, path } = await serveAnswers()
  await attachInspectDetach(path)
  const before = held()

  for (let i = 0; i < 200; i++) await attachInspectDetach(path)

  await vi.waitFor(
    () => {
      expect(server.connections).toBe(0)
      expect(feed.size).toBe(0)
      expect(grown(before)).toEqual([])
    },
    { timeout: 15_000 }
  )
}, 60_000)

test('what clients leave open is seen by this test', async () => {
  const { server, path } = await serveAnswers()
  const before = held()
  const controls = await Promise.all(Array.from({ length: A_FEW }, () => connectTo({ kind: 'unix', path })))
  await vi.waitFor(() => expect(server.connections).toBe(A_FEW), { timeout: 15_000 })

  expect(grown(before)).toEqual(expect.arrayContaining(['PipeWrap', 'descriptors']))
  await Promise.all(controls.map((control) => control.close()))
  await vi.waitFor(() => expect(grown(before)).toEqual([]), { timeout: 15_000 })
})
