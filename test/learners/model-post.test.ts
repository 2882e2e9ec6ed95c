import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { RejectedError } from '../../src/interface/errors.ts'
import type { Peer } from '../../src/interface/network.ts'
import { type FisherWith, ModelPost } from '../../src/learners/model-post.ts'
import { encodeParcel } from '../../src/learners/parcel.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'
import { encodeNotice, type ModelNotice, NO_DIGEST } from '../../src/wire/notice-codec.ts'
import { MemoryHub, type MemoryNetwork } from '../util/memory-network.ts'

const PROTOCOL = 'test/notice'
const DIM = 3

interface Office {
  network: MemoryNetwork
  vectors: VectorHeap
  post: ModelPost
  got: { from: Peer; notice: ModelNotice }[]
  rejected: { peer: Peer; code: string }[]
}

function office(hub: MemoryHub, name: string, fisherWith?: FisherWith): Office {
  const network = hub.join(name)
  const vectors = new VectorHeap()
  const got: Office['got'] = []
  const rejected: Office['rejected'] = []
  const post = new ModelPost({
    network,
    vectors,
    dim: DIM,
    protocol: PROTOCOL,
    fisherWith,
    window: () => ({ minRound: 5, maxRound: 9, maxMemberRound: 9 }),
    onNotice: (from, notice) => {
      got.push({ from, notice })
      return { taken: notice.round === 7, round: 6 }
    },
    onRejected: (peer: Peer, { code }: RejectedError) => rejected.push({ peer, code })
  })
  post.start()
  return { network, vectors, post, got, rejected }
}

function pair(fisherWith?: FisherWith): { hub: MemoryHub; alice: Office; bob: Office } {
  const hub = new MemoryHub()
  return { hub, alice: office(hub, 'alice', fisherWith), bob: office(hub, 'bob', fisherWith) }
}

const notice = (init: Pick<ModelNotice, 'ref'> & Partial<ModelNotice>): ModelNotice => ({
  kind: 'trained',
  round: 7,
  examples: 10,
  members: [],
  digest: NO_DIGEST,
  ...init
})

describe('a model from one to the other', () => {
  test('is offered, announced, pulled and decoded', async () => {
    const { alice, bob } = pair()
    const sent = notice({ ref: alice.post.offer(Float32Array.of(1, 2, 3)) })

    expect(await alice.post.notify('bob', sent, {})).toEqual({ taken: true, round: 6 })
    expect(bob.got).toEqual([{ from: 'alice', notice: sent }])
    expect(await alice.post.notify('bob', { ...sent, round: 8 }, {})).toEqual({ taken: false, round: 6 })

    const { encoded, params } = await bob.post.fetch('alice', sent.ref, {})
    expect(params).toEqual(Float32Array.of(1, 2, 3))
    expect(encoded).toEqual(encodeModel(Float32Array.of(1, 2, 3)))
    // the same bytes, unchanged, so that passing them on keeps the hash
    expect(bob.post.offerEncoded(encoded)).toEqual(sent.ref)
  })

  test('offered twice, it stays until withdrawn twice', async () => {
    const { alice, bob } = pair()
    const ref = alice.post.offer(Float32Array.of(1, 2, 3))
    alice.post.offer(Float32Array.of(1, 2, 3))
    alice.post.withdraw(ref)
    bob.post.release((await bob.post.fetch('alice', ref, {})).params)

    alice.post.withdraw(ref)
    expect(alice.network.offered()).toBe(0)
    await expect(bob.post.fetch('alice', ref, {})).rejects.toMatchObject({ code: 'ERR_MODEL_NOT_FOUND' })
    alice.post.withdraw(ref)
    expect(alice.post.held.offers).toBe(0)
  })

  test('gives every vector back: released, failed, or left with the caller at the close', async () => {
    const { alice, bob } = pair()
    const ref = alice.post.offer(Float32Array.of(1, 2, 3))
    const poison = alice.post.offerEncoded(encodeModel(Float32Array.of(1, Number.NaN, 3)))
    const kept = await bob.post.fetch('alice', ref, {})
    const released = await bob.post.fetch('alice', ref, {})
    const borrowed = bob.post.borrow()
    await expect(bob.post.fetch('alice', poison, {})).rejects.toMatchObject({ code: 'ERR_MODEL_NOT_FINITE' })
    expect(bob.post.held.vectors).toBe(3)
    bob.post.release(released.params)
    bob.post.release(released.params)
    expect(bob.vectors.usedBytes).toBe(2 * 16)

    const late = bob.post.fetch('alice', ref, {})
    bob.post.close()
    await expect(late).rejects.toMatchObject({ code: 'ERR_LEARNER_STOPPED' })
    bob.post.release(kept.params)
    bob.post.release(borrowed)
    expect(bob.vectors.usedBytes).toBe(0)
  })
})

describe('Fisher vectors', () => {
  const [params, fisher] = [Float32Array.of(1, 2, 3), Float32Array.of(0, 4, 4)]

  test.each([
    { fisherWith: 'trained', alone: 'taken', together: ['trained'] },
    { fisherWith: 'all', alone: 'refused', together: ['trained', 'aggregated', 'closed', 'final'] }
  ] as const)('with $fisherWith notices: come with the models', async ({ fisherWith, alone, together }) => {
    const { alice, bob } = pair(fisherWith)
    const ref = alice.post.offer(params, fisher)
    for (const kind of together) await alice.post.notify('bob', notice({ kind, ref }), {})
    const model = await bob.post.fetch('alice', ref, {})
    expect(model).toMatchObject({ params, fisher })
    bob.post.releaseAll(model)
    expect([bob.vectors.usedBytes, bob.post.held.vectors]).toEqual([0, 0])

    // an aggregate goes out alone, or not at all
    const plain = notice({ kind: 'aggregated', ref: alice.post.offer(params) })
    const told = alice.post.notify('bob', plain, {}).then(
      () => 'taken',
      () => 'refused'
    )
    expect(await told).toBe(alone)
    await expect(alice.post.notify('bob', { ...plain, kind: 'trained' }, {})).rejects.toMatchObject({
      code: 'ERR_STREAM_CLOSED'
    })
  })

  test('one that breaks a rule is refused, and both vectors come back', async () => {
    const { alice, bob } = pair('trained')
    const encoded = encodeParcel({ params, fisher })
    encoded.fill(255, encoded.length - 20, encoded.length - 15)
    const ref = alice.post.offerEncoded(encoded)
    await expect(bob.post.fetch('alice', ref, {})).rejects.toMatchObject({ code: 'ERR_FISHER_MALFORMED' })
    expect(bob.rejected).toEqual([{ peer: 'alice', code: 'ERR_FISHER_MALFORMED' }])
    expect(bob.post.held.vectors).toBe(0)
  })
})

describe('what is refused', () => {
  test('a model that breaks a rule is reported, with the peer, and thrown', async () => {
    const { alice, bob } = pair()
    const ref = alice.post.offerEncoded(encodeModel(new Float32Array(DIM + 1)))
    await expect(bob.post.fetch('alice', ref, {})).rejects.toMatchObject({ code: 'ERR_MODEL_DIM' })
    expect(bob.rejected).toEqual([{ peer: 'alice', code: 'ERR_MODEL_DIM' }])
  })

  test('an answer that is none is reported; a failing connection is not', async () => {
    const { hub, alice } = pair()
    const mallory = hub.join('mallory')
    mallory.handle(PROTOCOL, { request: async () => new Uint8Array(3) })
    const sent = notice({ ref: alice.post.offer(new Float32Array(DIM)) })
    await expect(alice.post.notify('mallory', sent, {})).rejects.toMatchObject({ code: 'ERR_NOTICE_ANSWER_MALFORMED' })
    await expect(alice.post.notify('nobody', sent, {})).rejects.toMatchObject({ code: 'ERR_PEER_UNKNOWN' })
    expect(alice.rejected).toEqual([{ peer: 'mallory', code: 'ERR_NOTICE_ANSWER_MALFORMED' }])
  })

  test.each([
    { what: 'a round before the window', change: { round: 4 }, code: 'ERR_NOTICE_ROUND' },
    { what: 'a round after the window', change: { round: 10 }, code: 'ERR_NOTICE_ROUND' },
    { what: 'another size', change: { ref: { hash: 'ab'.repeat(32), bytes: 25 } }, code: 'ERR_NOTICE_BYTES' }
  ])('a notice of $what never reaches the learner', async ({ change, code }) => {
    const { alice, bob } = pair()
    const ref = alice.post.offer(new Float32Array(DIM))
    const bytes = encodeNotice({ ...notice({ ref }), ...change })
    await expect(alice.network.request('bob', PROTOCOL, bytes)).rejects.toMatchObject({ code: 'ERR_STREAM_CLOSED' })
    expect(bob.network.rejections).toEqual([{ from: 'alice', code }])
    expect(bob.got).toEqual([])
  })
})

describe('limits', () => {
  test('16 notices and 4 pulls at a time', async () => {
    const { hub, alice, bob } = pair()
    const asked: (() => void)[] = []
    hub.join('slow').handle(PROTOCOL, {
      request: () => new Promise((resolve) => asked.push(() => resolve(Uint8Array.of(1, 1, 6, 0, 0, 0))))
    })
    const sent = notice({ ref: alice.post.offer(new Float32Array(DIM)) })
    const answers = Array.from({ length: 20 }, () => alice.post.notify('slow', sent, {}))
    await setImmediate()
    expect(asked).toHaveLength(16)
    for (const answer of asked.splice(0)) answer()
    await setImmediate()
    for (const answer of asked.splice(0)) answer()
    expect(await Promise.all(answers)).toEqual(Array(20).fill({ taken: true, round: 6 }))

    let pulling = 0
    let most = 0
    const pull = bob.network.pull.bind(bob.network)
    bob.network.pull = async (...args) => {
      most = Math.max(most, ++pulling)
      const encoded = await pull(...args)
      pulling--
      return encoded
    }
    await Promise.all(Array.from({ length: 10 }, () => bob.post.fetch('alice', sent.ref, {})))
    expect(most).toBe(4)
  })

  test('stopped, it takes and sends nothing, and what is under way ends; models stay on offer', async () => {
    const { alice, bob } = pair()
    bob.network.frozen = true
    const ref = alice.post.offer(new Float32Array(DIM))
    const pending = alice.post.notify('bob', notice({ ref }), {})
    alice.post.stop()
    alice.post.stop()
    await expect(pending).rejects.toMatchObject({ code: 'ERR_LEARNER_STOPPED' })
    await expect(alice.post.fetch('bob', ref, {})).rejects.toMatchObject({ code: 'ERR_LEARNER_STOPPED' })
    expect(alice.network.listenerCount()).toBe(0)
    expect(alice.network.offered()).toBe(1)
  })

  test('a caller that gives up takes its place in line along', async () => {
    const { alice, bob } = pair()
    bob.network.frozen = true
    const abort = new AbortController()
    const sent = notice({ ref: alice.post.offer(new Float32Array(DIM)) })
    const pending = Promise.allSettled(
      Array.from({ length: 30 }, () => alice.post.notify('bob', sent, { signal: abort.signal }))
    )
    abort.abort(new Error('enough'))
    for (const { status } of await pending) expect(status).toBe('rejected')
    bob.network.frozen = false
    expect(await alice.post.notify('bob', sent, {})).toEqual({ taken: true, round: 6 })
  })
})
