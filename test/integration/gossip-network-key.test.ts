import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { generateNetworkKey } from '../../src/gossip/network-key.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'
import { startNode, until } from './gossip-nodes.ts'

test('nodes with one key are a swarm: models, announcements, and what goes on the wire is counted', async () => {
  const networkKey = generateNetworkKey()
  const alice = await startNode({ networkKey })
  const bob = await startNode({ networkKey, bootstrap: alice.addresses() })
  await until(() => alice.peers().includes(bob.self) && bob.peers().includes(alice.self))
  const model = encodeModel(Float32Array.from({ length: 100_000 }, (_, i) => i))
  const ref = alice.offer(model)

  expect(Buffer.compare(await bob.pull(alice.self, ref), model)).toBe(0)
  expect(alice.traffic().sent).toBeGreaterThan(model.byteLength)
  expect(bob.traffic().received).toBeGreaterThan(model.byteLength)
})

test.each([
  { id: 'another key', other: { networkKey: generateNetworkKey() } },
  { id: 'no key', other: {} }
])(
  'with $id nobody gets a handshake, in either direction, and both operators are told what it may be',
  async ({ other }) => {
    const lines: string[] = []
    const log = (_: string, message: string): unknown => lines.push(message)
    const alice = await startNode({ networkKey: generateNetworkKey(), log, limits: { dialTimeoutMs: 2000 } })
    const mallory = await startNode({ ...other, limits: { dialTimeoutMs: 2000 } })

    for (const [dialler, target] of [
      [mallory, alice],
      [alice, mallory]
    ] as const) {
      await expect(dialler.connect(target.addresses()[0]!)).rejects.toMatchObject({
        code: 'ERR_HANDSHAKE_FAILED',
        message: expect.stringContaining('network key')
      })
    }
    expect(alice.peers()).toEqual([])
    expect(lines.filter((line) => line.includes('network key'))).toHaveLength(1)
  }
)

test('an address where nobody listens is not blamed on a key', async () => {
  const alice = await startNode({ networkKey: generateNetworkKey() })
  await expect(alice.connect('/ip4/127.0.0.1/tcp/1')).rejects.toMatchObject({ code: 'ERR_DIAL_FAILED' })
})

test('without the key a node says nothing at all: a nonce, and no more', async () => {
  const alice = await startNode({ networkKey: generateNetworkKey(), limits: { dialTimeoutMs: 2000 } })
  const port = Number(/\/tcp\/(\d+)/.exec(alice.addresses()[0]!)![1])
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const received: Buffer[] = []
  socket.on('data', (data) => received.push(data))
  socket.on('error', () => undefined)
  socket.write(Buffer.concat([Buffer.alloc(24), Buffer.from('\u0013/multistream/1.0.0\n')]))
  await until(() => Buffer.concat(received).byteLength >= 24)
  await until(() => socket.closed || socket.destroyed)

  expect(Buffer.concat(received).byteLength).toBeLessThanOrEqual(24 + 64)
  expect(Buffer.concat(received).toString('latin1')).not.toContain('multistream')
})
