import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { NodeProcess } from '../util/node-process.ts'

const TIMEOUT_MS = 60_000
const poll = { timeout: 40_000, interval: 20 }

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'starling-stop-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  writeFileSync(join(root, 'job.yaml'), 'model: { name: linear }\ndata: { nodes: 2 }\n')
})

function start(folder: string, ...flags: string[]): NodeProcess {
  return new NodeProcess([join(root, 'job.yaml'), '--device', 'cpu', '--data-dir', join(root, folder), ...flags])
}

const ready = (node: NodeProcess) =>
  expect.poll(() => node.last('round:ended') ?? node.stderr, poll).toBeTypeOf('object')
const locks = (folder: string) => readdirSync(join(root, folder)).filter((name) => name.startsWith('lock.'))

test(
  'the first signal: peers are told, the data directory is free, exit code 0',
  async () => {
    const a = start('a')
    await ready(a)
    const [address] = a.last('node:ready')!.addresses
    const b = start('b', '--join', address!)
    await expect.poll(() => a.last('peer:connected'), poll).toBeDefined()
    b.process.kill('SIGTERM')

    expect(await b.exit, b.stderr).toEqual({ code: 0, signal: null })
    expect(b.last('node:stopped')).toMatchObject({ reason: 'signal' })
    expect(locks('b')).toEqual([])
    await expect.poll(() => a.last('peer:disconnected'), poll).toBeDefined()
    expect(locks('a')).toHaveLength(1)
  },
  TIMEOUT_MS
)

test(
  'the second signal ends it at once, and the next node starts at once',
  async () => {
    const first = start('a')
    await ready(first)
    first.process.kill('SIGINT')
    first.process.kill('SIGTERM')
    expect(await first.exit).toEqual({ code: null, signal: 'SIGKILL' })

    const second = start('a')
    await ready(second)
    expect(second.stderr).toContain(`"pid":${first.process.pid}`)
    expect(locks('a')).toHaveLength(1)
  },
  TIMEOUT_MS
)

test(
  'a data directory in use ends a second node, which says by whom',
  async () => {
    const first = start('a')
    await ready(first)
    const second = start('a')
    expect(await second.exit).toEqual({ code: 2, signal: null })
    expect(second.stderr).toBe(
      `${join(root, 'a')} is in use by process ${first.process.pid}: stop it (kill ${first.process.pid}), ` +
        'or give this node a directory of its own with --data-dir [ERR_DATA_DIR_LOCKED]\n'
    )
  },
  TIMEOUT_MS
)

test(
  'a stop that takes longer than it may is cut short, with what it waited for',
  async () => {
    // no node stops in a millisecond
    const node = start('a', '--stop-seconds', '0.001')
    await ready(node)
    node.process.kill('SIGTERM')
    expect(await node.exit).toEqual({ code: null, signal: 'SIGKILL' })
    expect(node.stderr).toMatch(/^not stopped within 0\.001 s .*\[ERR_STOP_TIMEOUT\]$/m)
  },
  TIMEOUT_MS
)
