import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { expect, onTestFinished, test } from 'vitest'
import { BoundedDatastore } from '../../src/gossip/bounded-datastore.ts'
import { generateKey } from '../../src/gossip/key.ts'

type Key = Parameters<BoundedDatastore['delete']>[0]
const key = (name: string): Key => ({ toString: () => name }) as Key
const bytes = Uint8Array.of(1)

test('the least recently written makes room, each kind for itself', () => {
  const store = new BoundedDatastore({ maxRecords: 2, maxRecordBytes: 8 })
  for (const name of ['/peers/a', '/peers/b', '/dht/x', '/peers/a', '/peers/c']) store.put(key(name), bytes)

  expect([...store.queryKeys({})].map(String)).toEqual(['/peers/a', '/peers/c', '/dht/x'])
  expect(() => store.get(key('/peers/b'))).toThrow(expect.objectContaining({ name: 'NotFoundError' }))
  expect(() => store.put(key('/peers/d'), new Uint8Array(9))).toThrow(RangeError)
  expect(store.size).toBe(3)
})

test('queries as libp2p asks them', async () => {
  const store = new BoundedDatastore({ maxRecords: 10, maxRecordBytes: 8 })
  for (const [i, name] of ['/a/1', '/a/2', '/a/3', '/b/1'].entries()) store.put(key(name), Uint8Array.of(i))
  const query = { prefix: '/a', filters: [({ value }: { value: Uint8Array }) => value[0] !== 1], offset: 1, limit: 1 }

  expect([...store.query(query)].map(({ key }) => key.toString())).toEqual(['/a/3'])
  const batch = store.batch()
  batch.put(key('/c/1'), bytes)
  batch.delete(key('/a/1'))
  await batch.commit()
  expect([...store.queryKeys({})].map(String)).toEqual(['/a/2', '/a/3', '/b/1', '/c/1'])
})

test('libp2p keeps peers in it', async () => {
  const datastore = new BoundedDatastore({ maxRecords: 5, maxRecordBytes: 4096 })
  const host = await createLibp2p({ start: false, privateKey: await generateKey(), datastore })
  onTestFinished(() => host.stop())
  const ids = await Promise.all(
    Array.from({ length: 9 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')))
  )
  for (const id of ids) await host.peerStore.merge(id, { multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/1')] })

  const kept = (await host.peerStore.all()).map(({ id }) => id.toString())
  expect(kept.sort()).toEqual(ids.slice(-5).map(String).sort())
  expect((await host.peerStore.get(ids[8]!)).addresses.map(({ multiaddr }) => multiaddr.toString())).toEqual([
    '/ip4/127.0.0.1/tcp/1'
  ])
  await host.peerStore.delete(ids[8]!)
  expect(await host.peerStore.has(ids[8]!)).toBe(false)
})
