import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PeerMemory } from '../../src/node/peer-memory.ts'
import { MAX_KEPT_ADDRESSES, peersPath, readPeers, writePeers } from '../../src/store/peers.ts'
import { writeWhole } from '../../src/store/whole-file.ts'
import { realClock } from '../integration/gossip-nodes.ts'

interface Made {
  path: string
  warnings: string[]
  make: () => PeerMemory
}

async function prepare(): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-memory-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = peersPath(folder, 'job')
  const warnings: string[] = []
  const log = (_level: string, message: string): void => void warnings.push(message)

  return { path, warnings, make: () => new PeerMemory({ clock: realClock, log }, path) }
}

test('what one life met, the next one knows, the latest first', async () => {
  const { path, make, warnings } = await prepare()
  const first = make()
  expect(await first.load()).toEqual([])
  first.watch(() => ['/dns/a/tcp/1', '/dns/b/tcp/1'])
  await first.start()
  await first.stop()

  const second = make()
  expect(await second.load()).toEqual(['/dns/a/tcp/1', '/dns/b/tcp/1'])
  second.watch(() => ['/dns/c/tcp/1', '/dns/b/tcp/1'])
  await second.start()
  await second.stop()
  expect(await readPeers(path)).toEqual(['/dns/c/tcp/1', '/dns/b/tcp/1', '/dns/a/tcp/1'])
  expect(warnings).toEqual([])
})

test('a life that met nobody forgets nobody', async () => {
  const { path, make } = await prepare()
  await writePeers(path, ['/dns/a/tcp/1'])
  const memory = make()
  await memory.load()
  memory.watch(() => [])
  await memory.start()
  await memory.stop()

  expect(await readPeers(path)).toEqual(['/dns/a/tcp/1'])
})

test('however many were met, a bounded number is kept', async () => {
  const { path, make } = await prepare()
  const memory = make()
  await memory.load()
  for (let life = 0; life < 5; life++) {
    memory.watch(() => Array.from({ length: 50 }, (_, i) => `/dns/h${life}-${i}/tcp/1`))
    await memory.start()
    await memory.stop()
  }

  const kept = await readPeers(path)
  expect(kept).toHaveLength(MAX_KEPT_ADDRESSES)
  expect(kept[0]).toBe('/dns/h4-0/tcp/1')
})

test('a torn file is said, put aside, and does not end a node', async () => {
  const { path, make, warnings } = await prepare()
  await writeWhole(path, Buffer.from('{"version":1,"addr'))
  const memory = make()

  expect(await memory.load()).toEqual([])
  expect(warnings).toEqual([
    expect.stringContaining("no list of peers' addresses; the peers of earlier runs are forgotten")
  ])
  expect(await readFile(`${path}.bad`, 'utf8')).toBe('{"version":1,"addr')
})

test('a folder that cannot be written is said, and does not end a node', async () => {
  const { path, make, warnings } = await prepare()
  await writeWhole(join(path, '..'), Buffer.from('')) // a file where the folder should be
  const memory = make()
  await memory.load()
  memory.watch(() => ['/dns/a/tcp/1'])
  await memory.start()
  await memory.stop()

  expect(warnings).toHaveLength(2)
  expect(warnings[1]).toMatch(/the addresses of peers can't be written: /)
})

test('drafts that a crash has left are gone, those of another job are not', async () => {
  const { path, make } = await prepare()
  const draft = `${randomUUID()}.draft`
  await mkdir(dirname(path), { recursive: true })
  for (const of of [path, join(dirname(path), 'other.json')]) await writeFile(`${of}.${draft}`, '[')
  await make().load()
  expect(await readdir(dirname(path))).toEqual([`other.json.${draft}`])
})
