import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { MAX_KEPT_ADDRESSES, peersPath, readPeers, writePeers } from '../../src/store/peers.ts'
import { writeWhole } from '../../src/store/whole-file.ts'

const ADDRESS = '/ip4/10.0.0.1/tcp/4001/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-peers-'))
  onTestFinished(() => rm(folder, { recursive: true }))

  return peersPath(folder, 'job')
}

test('what was written last is read, and only its owner can read it', async () => {
  const path = await newPath()
  expect(await readPeers(path)).toEqual([])
  await writePeers(path, [ADDRESS, '/dns/b/tcp/1'])
  await writePeers(path, [ADDRESS])

  expect(await readPeers(path)).toEqual([ADDRESS])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(dirname(path))).mode & 0o777).toBe(0o700)
})

test('no more than it may, and none that is too long, are kept', async () => {
  const path = await newPath()
  const many = Array.from({ length: 200 }, (_, i) => `/dns/${'h'.repeat(230)}${i}/tcp/1`)
  await writePeers(path, ['x'.repeat(257), 'two words', ...many])

  expect(await readPeers(path)).toEqual(many.slice(0, MAX_KEPT_ADDRESSES))
})

test.each([
  { id: 'torn', content: '{"version":1,"addresses":["/ip4/10.' },
  { id: 'empty', content: '' },
  { id: 'another version', content: '{"version":2,"addresses":[]}' },
  { id: 'null', content: 'null' },
  { id: 'no list', content: '{"version":1,"addresses":{"length":1}}' },
  { id: 'no text', content: '{"version":1,"addresses":[7]}' },
  { id: 'too long', content: `{"version":1,"addresses":["${'a'.repeat(257)}"]}` },
  { id: 'control characters', content: '{"version":1,"addresses":["\\u001b[2J"]}' },
  { id: 'far too large', content: ' '.repeat(100_000) }
])('a file that is $id is named', async ({ content }) => {
  const path = await newPath()
  await writeWhole(path, Buffer.from(content))

  await expect(readPeers(path)).rejects.toMatchObject({ code: 'ERR_PEERS_SPOILT' })
})

test('a file that cannot be read is not taken for an empty one', async () => {
  const path = await newPath()
  await writeFile(dirname(path), '') // a file where the folder should be

  await expect(readPeers(path)).rejects.toMatchObject({ code: 'ENOTDIR' })
})
