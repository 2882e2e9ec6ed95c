import { RELAY_V2_HOP_CODEC, RELAY_V2_STOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test, vi } from 'vitest'
import { readStream } from '../../src/gossip/read-stream.ts'
import { startHostile } from './gossip-hostile-peer.ts'
import { startNode, until } from './gossip-nodes.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Length 2, field 1 (type): 0, a reservation. */
const RESERVE = Buffer.from('020800', 'hex')
/** Field 5 (status): 100, all is well. */
const GRANTED = Buffer.from('2864', 'hex').toString('hex')

/** Asks for a place as libp2p's client does; what came back, as hex. libp2p's relay leaves the stream of a refusal open. */
async function askForPlace(connection: Connection): Promise<string> {
  const stream = await connection.newStream(RELAY_V2_HOP_CODEC)
  stream.send(RESERVE)
  let answer = Buffer.alloc(0)
  const take = (piece: Uint8Array): boolean => {
    answer = Buffer.concat([answer, piece])
    return isWhole(answer)
  }
  await readStream(stream, take).catch(() => undefined)

  return answer.toString('hex')
}

/** A message after its length, a varint of one or two bytes. */
function isWhole(bytes: Buffer): boolean {
  const [low = 0x80, high = 0] = bytes

  return low < 0x80 ? bytes.length > low : bytes.length >= 2 + (low & 0x7f) + 128 * high
}

test('a relay gives no place to who has not passed the hello', async () => {
  const relay = await startNode({ relay: true, limits: { helloTimeoutMs: 2_000 } })
  const mallory = await startHostile()
  const connection = await mallory.host.dial(multiaddr(relay.addresses()[0]!))

  expect(await askForPlace(connection)).toBe('')
  const admitted = await startHostile()
  expect(await askForPlace(await admitted.join(relay))).toContain(GRANTED)
})

test('a relay gives no more places than it has, and has that of a peer again which left', async () => {
  const relay = await startNode({ relay: true, limits: { maxRelayPlaces: 1 } })
  const [first, second] = [await startHostile(), await startHostile()]
  const taken = await first.join(relay)
  expect(await askForPlace(taken)).toContain(GRANTED)
  const waiting = await second.join(relay)
  expect(await askForPlace(waiting)).not.toContain(GRANTED)

  await taken.close()
  await until(() => !relay.peers().includes(first.self))
  expect(await askForPlace(waiting)).toContain(GRANTED)
})

test('a peer that is no relay of ours brings us nobody, and we ask it for nothing', async () => {
  const victim = await startNode({ nat: true })
  const mallory = await startHostile()
  let asked = 0
  await mallory.host.handle(RELAY_V2_HOP_CODEC, () => void asked++)
  const connection = await mallory.join(victim)

  const stream = await connection.newStream(RELAY_V2_STOP_CODEC)
  // length, type 0: connect; it may be closed before that
  try {
    stream.send(Buffer.from('020800', 'hex'))
  } catch {}
  await until(() => stream.status !== 'open')
  expect(asked).toBe(0)
  expect(victim.peers()).toEqual([mallory.self])
})
