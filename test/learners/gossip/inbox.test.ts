import { expect, test } from 'vitest'
import { CodedError } from '../../../src/interface/errors.ts'
import { Inbox } from '../../../src/learners/gossip/inbox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import { encodeModel } from '../../../src/wire/model-codec.ts'
import { MemoryHub } from '../../util/memory-network.ts'

const DIM = 3

function setup(maxSenders = 4) {
  const hub = new MemoryHub()
  const network = hub.join('me')
  const vectors = new VectorHeap()
  const periods: number[] = []
  const inbox = new Inbox({
    network,
    clock: systemClock,
    vectors,
    dim: DIM,
    hasFisher: false,
    maxSenders,
    onRejected: () => undefined,
    onPeriod: (periodMs) => periods.push(periodMs),
    onChange: () => undefined
  })
  const offer = (peer: string, round: number, value: number, lasting = false) => {
    const sender = hub.nodes.get(peer) ?? hub.join(peer)
    const ref = sender.offer(encodeModel(new Float32Array(DIM).fill(value)))
    inbox.announce(peer, { round, examples: 1, ref, lasting })
  }
  return { hub, inbox, vectors, offer, periods }
}

test('keeps the newest model of each peer; older and repeated announcements change nothing', async () => {
  const { inbox, offer, periods } = setup()
  offer('a', 1, 1)
  offer('b', 1, 7)
  await expect.poll(() => inbox.ready('fresh')).toBe(2)
  offer('a', 3, 3)
  await expect.poll(() => periods.length).toBe(1)
  offer('a', 2, 2)
  offer('a', 3, 9)
  await new Promise((resolve) => setTimeout(resolve, 20))

  const updates = inbox.take('fresh')
  expect(updates.map(({ peer, round, params }) => [peer, round, params[0]])).toEqual([
    ['a', 3, 3],
    ['b', 1, 7]
  ])
  expect(inbox.ready('fresh')).toBe(0)
})

test('a model that is overtaken while it waits for its turn is never pulled', async () => {
  const { inbox, offer } = setup()
  for (const round of [1, 2, 3]) offer('a', round, round)
  await expect.poll(() => inbox.ready('fresh')).toBe(1)
  // the pull of round 1 was under way, then round 3 was the newest
  await expect.poll(() => inbox.take('fresh').map(({ round }) => round)).toEqual([3])
})

test('peers come and go without filling the room for others', async () => {
  const { hub, inbox, offer } = setup(2)
  for (let i = 0; i < 20; i++) {
    offer(`peer${i}`, 1, i)
    await expect.poll(() => inbox.ready('fresh')).toBe(1)
    hub.kill(`peer${i}`)
    inbox.forget(`peer${i}`)
    inbox.release(inbox.take('fresh'))
  }
  expect(inbox.dropped).toBe(0)
})

test('the last model of a sender that trains no more counts in every round, until the next', async () => {
  const { hub, inbox, offer } = setup()
  offer('a', 1, 1)
  offer('b', 1, 2, true)
  await expect.poll(() => inbox.ready('fresh')).toBe(2)
  const values = (which: 'fresh' | 'current') => {
    const updates = inbox.take(which)
    const first = updates.map(({ peer, params }) => `${peer}${params[0]}`)
    inbox.release(updates)
    return first
  }
  expect(values('current')).toEqual(['a1', 'b2'])
  expect(values('current')).toEqual(['b2'])
  expect(values('fresh')).toEqual([])
  expect([inbox.has('b', 'current'), inbox.has('b', 'fresh'), inbox.has('a', 'current')]).toEqual([true, false, false])
  offer('b', 2, 5, true)
  await expect.poll(() => inbox.ready('fresh')).toBe(1)
  expect(values('fresh')).toEqual(['b5'])
  hub.kill('b')
  inbox.forget('b')
  expect(values('current')).toEqual(['b5'])
  expect(values('current')).toEqual([])
})

test('beyond the limit of senders, announcements are dropped and counted', async () => {
  const { inbox, offer } = setup(2)
  for (const peer of ['a', 'b', 'c', 'd']) offer(peer, 1, 1)
  await expect.poll(() => inbox.ready('fresh')).toBe(2)
  expect(inbox.dropped).toBe(2)
})

test('a failed pull is counted, and close gives all memory back', async () => {
  const { hub, inbox, vectors, offer } = setup()
  offer('a', 1, 1)
  hub.kill('a')
  await expect.poll(() => inbox.failed).toBe(1)
  offer('b', 1, 1)
  inbox.close()
  await expect.poll(() => vectors.usedBytes).toBe(0)
})

test('a memory full of models costs the model, not the node', async () => {
  const { inbox, offer, vectors } = setup()
  const allocate = vectors.allocate.bind(vectors)
  vectors.allocate = () => {
    throw new CodedError('ERR_MEMORY_EXHAUSTED', 'full')
  }
  offer('a', 1, 1)
  await expect.poll(() => inbox.failed).toBe(1)

  vectors.allocate = allocate
  offer('a', 2, 2)
  await expect.poll(() => inbox.ready('fresh')).toBe(1)
})
