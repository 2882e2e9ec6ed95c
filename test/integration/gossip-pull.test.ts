import { describe, expect, test } from 'vitest'
import { encodeModel } from '../../src/wire/model-codec.ts'
import { startNode, startNodes, until } from './gossip-nodes.ts'

function model(dim: number, seed: number): Uint8Array {
  return encodeModel(Float32Array.from({ length: dim }, (_, i) => Math.sin(i * seed)))
}

describe('two nodes', () => {
  test('a model is pulled by its hash, byte for byte', async () => {
    const [alice, bob] = await startNodes(2)
    const encoded = model(500_000, 3)
    const ref = alice!.offer(encoded)

    const pulled = await bob!.pull(alice!.self, ref)
    expect(pulled.byteLength).toBe(encoded.byteLength)
    expect(Buffer.compare(pulled, encoded)).toBe(0)
    expect(bob!.traffic().received).toBeGreaterThan(encoded.byteLength)
    expect(bob!.traffic().received).toBeLessThan(1.1 * encoded.byteLength)
    expect(alice!.traffic().sent).toBeGreaterThan(encoded.byteLength)
  })

  test('into memory of the caller, exactly where it says', async () => {
    const [alice, bob] = await startNodes(2)
    const encoded = model(100_000, 5)
    const ref = alice!.offer(encoded)
    const memory = new Uint8Array(encoded.byteLength + 20).fill(0xaa)
    const into = memory.subarray(7, 7 + encoded.byteLength + 3)

    const [mine, shared, sharedToo] = await Promise.all([
      bob!.pull(alice!.self, ref, { into }),
      bob!.pull(alice!.self, ref),
      bob!.pull(alice!.self, ref)
    ])
    expect(mine.buffer).toBe(memory.buffer)
    expect(Buffer.compare(mine, encoded)).toBe(0)
    expect(memory[6]).toBe(0xaa)
    expect(memory[7 + encoded.byteLength]).toBe(0xaa)
    expect(shared).toBe(sharedToo)
    expect(Buffer.compare(shared, encoded)).toBe(0)
    await expect(bob!.pull(alice!.self, ref, { into: into.subarray(20) })).rejects.toThrow(RangeError)
  })

  test('what was never offered is not found', async () => {
    const [alice, bob] = await startNodes(2)
    const ref = alice!.offer(model(10, 1))
    alice!.withdraw(ref.hash)

    await expect(bob!.pull(alice!.self, ref)).rejects.toMatchObject({ code: 'ERR_MODEL_NOT_FOUND' })
  })

  test('announcements, messages and requests arrive, with their sender', async () => {
    const [alice, bob] = await startNodes(2)
    const seen: string[] = []
    bob!.subscribe('models', (from, bytes) => seen.push(`topic ${from} ${bytes[0]}`))
    bob!.handle('note', { message: (from, bytes) => seen.push(`note ${from} ${bytes[0]}`) })
    bob!.handle('double', { request: async (_, bytes) => bytes.map((value) => 2 * value) })
    alice!.subscribe('models', () => undefined)

    await until(() => {
      void alice!.publish('models', Uint8Array.of(7))
      return seen.length > 0
    })
    expect(seen[0]).toBe(`topic ${alice!.self} 7`)

    seen.length = 0
    await alice!.send(bob!.self, 'note', Uint8Array.of(8))
    await until(() => seen.includes(`note ${alice!.self} 8`))
    expect(await alice!.request(bob!.self, 'double', Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(2, 4, 6))
  })
})

test('publishing to nobody is no error', async () => {
  const alone = await startNode()
  await alone.publish('models', Uint8Array.of(1))
})

test('four nodes that know one address find one another', async () => {
  const nodes = await startNodes(4)
  for (const node of nodes)
    expect(node.peers()).toEqual(
      nodes
        .map(({ self }) => self)
        .filter((self) => self !== node.self)
        .sort()
    )
})
