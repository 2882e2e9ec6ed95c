import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findNode } from '../../../src/cli/attach/running.ts'
import { recordPath } from '../../../src/node/control/node-record.ts'
import { SELF } from '../../fixtures/answers.ts'

/** Data directories of two nodes that listen and are on no list, as in a container whose disk is read-only. */
async function unlisted(...names: string[]): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'starling-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const name of names) {
    const dataDir = join(root, name)
    mkdirSync(dataDir)
    const path = join(dataDir, 'control.sock')
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen({ path }, resolve))
    onTestFinished(() => void server.close())
    const about = { pid: process.pid, peer: SELF, job: 'flock', dataDir, startedAt: '2026-11-28T14:03:09.000Z' }
    writeFileSync(recordPath(dataDir), JSON.stringify({ ...about, control: { kind: 'unix', path } }))
  }

  return root
}

const nobodyChooses = async (): Promise<never> => {
  throw new Error('not asked')
}

test('the node of STARLING_DATA_DIR is found without a list; --data-dir comes first', async () => {
  const root = await unlisted('one', 'two')
  const env = { XDG_DATA_HOME: join(root, 'none'), STARLING_DATA_DIR: join(root, 'one') }
  const socketOf = (name: string) => ({ kind: 'unix', path: join(root, name, 'control.sock') })

  expect(await findNode({}, env, nobodyChooses)).toEqual(socketOf('one'))
  expect(await findNode({ dataDir: join(root, 'two') }, env, nobodyChooses)).toEqual(socketOf('two'))
})

test('a variable that names a directory without a node is named; an empty one is none', async () => {
  const root = await unlisted()
  const env = { XDG_DATA_HOME: root, STARLING_DATA_DIR: root }

  await expect(findNode({}, env, nobodyChooses)).rejects.toThrow(
    `no node runs on ${root}, which is what STARLING_DATA_DIR says; name another with --data-dir`
  )
  await expect(findNode({}, { ...env, STARLING_DATA_DIR: ' ' }, nobodyChooses)).rejects.toThrow(
    /no node of yours runs on this machine/
  )
})
