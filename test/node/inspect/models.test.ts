import { expect, test } from 'vitest'
import { RejectedError } from '../../../src/interface/errors.ts'
import { EventFeed } from '../../../src/node/event-feed.ts'
import type { NodeEvent } from '../../../src/node/events.ts'
import type { InspectContext } from '../../../src/node/inspect/context.ts'
import { Comparisons } from '../../../src/node/inspect/models.ts'
import { encodeModel } from '../../../src/wire/model-codec.ts'

const bytes = { sent: 1, received: 2 }

/** A node of a model of two parameters, and its peer, whose transfers come to what `pull` says. */
function nodeWith(pull: () => Promise<Uint8Array>) {
  const convicted: string[] = []
  const events: NodeEvent[] = []
  const feed = new EventFeed()
  feed.on((event) => events.push(event))
  const told = ['self', 'peer'].map((peer) => ({ peer, round: 1, ref: { hash: peer, bytes: 20 } }))
  const inside = {
    job: { learner: { name: 'gossip' } },
    trainer: { layout: { dim: 2, tensors: [{ name: 'all', shape: [2], offset: 0 }] } },
    learner: { inspect: () => ({ models: told }) },
    network: {
      ...{ self: 'self', pull, traffic: () => bytes },
      offered: () => encodeModel(Float32Array.of(1, 2)),
      reject: (peer: string, { code }: RejectedError) => convicted.push(`${peer} ${code}`)
    }
  }
  const context = { inside: () => inside, feed, now: () => 12, startedMs: 5 } as unknown as InspectContext

  return { convicted, events, compare: () => new Comparisons(context).compare({ a: 'self', b: 'peer' }, {}) }
}

test('two models are compared', async () => {
  const { compare, convicted, events } = nodeWith(async () => encodeModel(Float32Array.of(1, 4)))

  expect(await compare()).toMatchObject({ distance: 2, b: { peer: 'peer', isSelf: false } })
  expect([convicted, events]).toEqual([[], []])
})

test('a transfer that went wrong has been charged where it was received, and shuts nobody out', async () => {
  const { compare, convicted, events } = nodeWith(async () => {
    throw new RejectedError('ERR_MODEL_HASH', 'penalise', 'other bytes')
  })

  await expect(compare()).rejects.toMatchObject({ code: 'ERR_MODEL_HASH' })
  expect([convicted, events]).toEqual([[], []])
})

test('a model that is none counts against its sender, and is told of', async () => {
  const { compare, convicted, events } = nodeWith(async () => encodeModel(Float32Array.of(1, NaN)))

  await expect(compare()).rejects.toMatchObject({ code: 'ERR_MODEL_NOT_FINITE' })
  expect(convicted).toEqual(['peer ERR_MODEL_NOT_FINITE'])
  expect(events).toEqual([
    { event: 'model:rejected', ms: 7, peer: 'peer', code: 'ERR_MODEL_NOT_FINITE', verdict: 'penalise', bytes }
  ])
})
