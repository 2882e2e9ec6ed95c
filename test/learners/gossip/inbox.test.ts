import { expect, test } from 'vitest'
import { CodedError } from '../../../src/interface/errors.ts'
import { Inbox } from '../../../src/learners/gossip/inbox.ts'
import { encodeParcel } from '../../../src/learners/parcel.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { systemClock } from '../../../src/node/system-clock.ts'
import { MemoryHub } from '../../util/memory-network.ts'

const DIM = 3

function setup(maxSenders = 4, { hasFisher = false } = {}) {
  const hub = new MemoryHub()
  const network = hub.join('me')
  const vectors = new VectorHeap()
  const periods: number[] = []
  const inbox = new Inbox({
    network,
    clock: systemClock,
    vectors,
    dim: DIM,
    hasFisher,
    maxSenders,
    onRejected: () => undefined,
    onPeriod: (periodMs) => periods.push(periodMs),
    onChange: () => undefined
  })
  const offer = (peer: string, round: number, value: number, lasting = false) => {
    const sender = hub.nodes.get(peer) ?? hub.join(peer)
    const params = new Float32Array(DIM).fill(value)
    const ref = sender.offer(encodeParcel(hasFisher ? { params, fisher: params } : { params }))
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

test('models in use stay as they are, however many come meanwhile', async () => {
  const { inbox, offer, vectors, periods } = setup()
  offer('a', 1, 1)
  offer('b', 1, 7, true)
  await expect.poll(() => inbox.ready('fresh')).toBe(2)
  const taken = inbox.take('fresh')
  for (const round of [2, 3, 4]) {
    offer('a', round, round)
    offer('b', round, 10 + round, true)
    await expect.poll(() => periods.length).toBe(2 * (round - 1))
  }
  expect(taken.map(({ params }) => params[0])).toEqual([1, 7])
  inbox.release(taken)

  const next = inbox.take('current')
  expect(next.map(({ params }) => params[0])).toEqual([4, 14])
  inbox.release(next)
  inbox.release(next) // a second time changes nothing
  // four vectors are enough for two senders: what was given back is used again
  const bytes = vectors.usedBytes
  offer('a', 5, 5)
  await expect.poll(() => inbox.ready('fresh')).toBe(1)
  expect(vectors.usedBytes).toBe(bytes)
})

test('closed while models are in use, it frees them once', async () => {
  const { inbox, offer, vectors } = setup()
  offer('a', 1, 1)
  await expect.poll(() => inbox.ready('fresh')).toBe(1)
  const taken = inbox.take('fresh')
  offer('a', 2, 2)
  await expect.poll(() => inbox.ready('fresh')).toBe(1)
  inbox.close()
  expect(vectors.usedBytes).toBe(0)
  inbox.release(taken)
  inbox.close()
  expect(vectors.usedBytes).toBe(0)
})

test('Fisher vectors come with their models, and go with them', async () => {
  const { inbox, offer, vectors } = setup(4, { hasFisher: true })
  offer('a', 1, 3)
  await expect.poll(() => inbox.ready('fresh')).toBe(1)
  const taken = inbox.take('fresh')
  expect(taken[0]).toMatchObject({ params: Float32Array.of(3, 3, 3), fisher: Float32Array.of(3, 3, 3) })
  inbox.release(taken)
  const bytes = vectors.usedBytes
  offer('a', 2, 4)
  await expect.poll(() => inbox.ready('fresh')).toBe(1)
  expect(vectors.usedBytes).toBe(bytes)
  inbox.close()
  expect(vectors.usedBytes).toBe(0)
})
