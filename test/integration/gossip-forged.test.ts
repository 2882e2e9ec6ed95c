import type { PrivateKey, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { generateKey, peerOf } from '../../src/gossip/key.ts'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { RejectedError } from '../../src/interface/errors.ts'
import type { Unsubscribe } from '../../src/interface/network.ts'
import { type HostilePeer, startHostile } from './gossip-hostile-peer.ts'
import { startNode, until } from './gossip-nodes.ts'
import { framed, PUBSUB_PROTOCOL, rpc, signed } from './gossip-rpc.ts'

interface Scene {
  victim: GossipNetwork
  /** The victim's own. */
  privateKey: PrivateKey
  mallory: HostilePeer
  /** Mallory's, to the victim's gossipsub. */
  stream: Stream
  leave: Unsubscribe
  /** `author data`, as the handler got them. */
  seen: string[]
  rejected: string[]
  refused: string[]
}

async function scene(): Promise<Scene> {
  const privateKey = await generateKey()
  const [victim, mallory] = await Promise.all([startNode({ privateKey }), startHostile()])
  const seen: string[] = []
  const rejected: string[] = []
  const refused: string[] = []
  const leave = victim.subscribe('models', (from, bytes) => {
    seen.push(`${from} ${bytes[0]}`)
  })
  victim.on('peer:rejected', ({ peer, code, verdict }) => rejected.push(`${peer} ${code} ${verdict}`))
  victim.on('peer:refused', ({ peer, code }) => refused.push(`${peer} ${code}`))
  const stream = await (await mallory.join(victim)).newStream(PUBSUB_PROTOCOL)

  return { victim, mallory, privateKey, stream, leave, seen, rejected, refused }
}

describe("nobody keeps an author's message from arriving", () => {
  test('by sending garbage under its author and number first', async () => {
    const { mallory, stream, seen, rejected } = await scene()
    const author = await generateKey()
    const genuine = await signed(author, 1, Uint8Array.of(7))
    const damaged = Uint8Array.from(genuine.signature) // not slice(): of a Buffer, that is a view
    damaged[0]! ^= 1

    stream.send(rpc([{ ...genuine, data: Uint8Array.of(8) }]))
    stream.send(rpc([{ ...genuine, signature: damaged }]))
    await until(() => rejected.length === 2)
    stream.send(rpc([genuine]))
    await until(() => seen.length > 0)

    expect(seen).toEqual([`${peerOf(author)} 7`])
    expect(new Set(rejected)).toEqual(new Set([`${mallory.self} ERR_ANNOUNCEMENT_SIGNATURE penalise`]))
  })

  test('by bringing it before saying hello: what a stranger brings is not noted as seen', async () => {
    const { victim, stream, seen } = await scene()
    const genuine = await signed(await generateKey(), 1, Uint8Array.of(7))
    const stranger = await startHostile()
    const connection = await stranger.host.dial(multiaddr(victim.addresses()[0]!))
    const early = await connection.newStream(PUBSUB_PROTOCOL)
    early.send(rpc([genuine]))
    await until(() => victim.stats().earlyStreams === 2) // libp2p's own question who we are, too
    expect(seen).toEqual([])

    stream.send(rpc([genuine]))
    await until(() => seen.length > 0)
  })

  test('by bringing more than it may: what exceeds that is not noted as seen', async () => {
    const { victim, stream, seen } = await scene()
    const author = await generateKey()
    const many = await Promise.all(Array.from({ length: 200 }, (_, i) => signed(author, i + 1, Uint8Array.of(i))))
    stream.send(rpc(many))
    await until(() => victim.stats().announcementsDropped >= 50)
    await until(() => seen.length >= 100)

    const honest = await startHostile()
    const other = await (await honest.join(victim)).newStream(PUBSUB_PROTOCOL)
    const last = many.at(-1)!
    expect(seen).not.toContain(`${peerOf(author)} 199`)
    other.send(rpc([last]))
    await until(() => seen.includes(`${peerOf(author)} 199`))
  })

  test('a copy is handled once', async () => {
    const { victim, stream, seen } = await scene()
    const genuine = await signed(await generateKey(), 1, Uint8Array.of(7))
    const after = await signed(await generateKey(), 1, Uint8Array.of(9))
    stream.send(rpc([genuine, genuine]))
    stream.send(rpc([genuine]))
    stream.send(rpc([after]))
    await until(() => seen.some((text) => text.endsWith(' 9')))

    expect(seen).toHaveLength(2)
    expect(victim.stats().announcementsDropped).toBe(0)
  })
})

test('authors with names too long, numbers too short or no signature at all: thrown out, with five verdicts', async () => {
  const { mallory, stream, rejected, refused, seen } = await scene()
  const genuine = await signed(await generateKey(), 1, Uint8Array.of(7))
  const { signature: _, ...unsigned } = genuine
  const forgeries = [
    { ...genuine, from: new Uint8Array(60_000) },
    { ...genuine, seqno: new Uint8Array(7) },
    unsigned,
    {}
  ]
  for (let i = 0; i < 20; i++) stream.send(rpc(forgeries))
  await until(() => refused.length > 0)

  expect(refused).toEqual([`${mallory.self} ERR_ANNOUNCEMENT_SIGNATURE`])
  expect(rejected).toHaveLength(5)
  expect(seen).toEqual([])
})

test('RPCs of garbage, and empty ones without end: thrown out', async () => {
  for (const [body, code] of [
    [Buffer.from('ffff', 'hex'), 'ERR_ANNOUNCEMENT_MALFORMED'],
    [Buffer.alloc(0), 'ERR_ANNOUNCEMENT_FLOOD']
  ] as const) {
    const { mallory, stream, refused } = await scene()
    const many = Buffer.concat(Array.from({ length: 100 }, () => framed(body)))
    for (let i = 0; i < 500 && stream.status === 'open'; i++) {
      stream.send(many)
      await new Promise(setImmediate)
    }
    await until(() => refused.length > 0)
    expect(refused).toEqual([`${mallory.self} ${code}`])
  }
})

test('made-up authors: whoever brings their garbage pays for it, and no name is remembered', async () => {
  const { victim, mallory, stream, rejected, refused } = await scene()
  victim.subscribe('models', () => {
    throw new RejectedError('ERR_ANNOUNCEMENT_MALFORMED', 'penalise', 'garbage')
  })
  const forgers = await Promise.all(Array.from({ length: 60 }, () => generateKey()))
  for (const author of forgers) stream.send(rpc([await signed(author, 1, Uint8Array.of(0))]))
  await until(() => refused.length > 0)

  expect(refused).toEqual([`${mallory.self} ERR_ANNOUNCEMENT_MALFORMED`])
  expect(rejected).toEqual([])
})

test('our own message, brought back to us, is no news', async () => {
  const { stream, seen, privateKey } = await scene()
  const other = await generateKey()
  stream.send(rpc([await signed(privateKey, 1, Uint8Array.of(7))]))
  stream.send(rpc([await signed(other, 1, Uint8Array.of(9))]))
  await until(() => seen.length > 0)

  expect(seen).toEqual([`${peerOf(other)} 9`])
})

test('a topic we have left: those who have not heard of it yet are not blamed', async () => {
  const { victim, stream, leave, seen, rejected, refused } = await scene()
  leave()
  const author = await generateKey()
  for (let i = 1; i <= 90; i++) stream.send(rpc([await signed(author, i, Uint8Array.of(i))]))
  await until(() => victim.stats().announcementsDropped === 90)

  expect([...seen, ...rejected, ...refused]).toEqual([])
})
