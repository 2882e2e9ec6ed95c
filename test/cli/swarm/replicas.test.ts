import { describe, expect, test } from 'vitest'
import { lagOf, livingReplicas, replicaSummary, replicasInWords } from '../../../src/cli/swarm/replicas.ts'
import { type NodeRecord, newNodeRecord, recordEvent } from '../../../src/cli/swarm/run-record.ts'

const bytes = { sent: 700, received: 700 }

interface Sample {
  set?: string
  model?: string
  projections?: number
  wrote?: number
  lags?: Record<string, number>
}

/** A node as its events make it. */
function node(
  index: number,
  { set = 'a', model = 'b', projections = 30, wrote = 10, lags = {} }: Sample = {}
): NodeRecord {
  const record = newNodeRecord(index)
  recordEvent(record, { event: 'phase:started', ms: 0, phase: 'train', bytes }, 2)
  recordEvent(
    record,
    {
      event: 'replica:measured',
      round: wrote,
      ms: 1,
      setHash: set.repeat(64),
      modelHash: model.repeat(64),
      projections,
      perSecond: 5,
      lags,
      payloadBytes: wrote,
      final: true,
      bytes
    },
    5
  )
  recordEvent(record, { event: 'phase:started', ms: 3, phase: 'settle', bytes }, 5)
  recordEvent(record, { event: 'node:stopped', reason: 'finished', rounds: wrote, steps: wrote, bytes }, 6)

  return record
}

describe('what replicas come to', () => {
  test('a hash a living node, and what a projection cost on the wire', () => {
    const dead = node(2, { set: 'f', model: 'f' })
    dead.state = 'died'
    const summary = replicaSummary({ nodes: [node(0), node(1), dead] })

    expect(summary).toEqual({
      hashes: ['b'.repeat(64), 'b'.repeat(64)],
      setHashes: ['a'.repeat(64), 'a'.repeat(64)],
      projections: 30,
      projectionsPerSecond: 10,
      payloadBytes: 30,
      // 3 * 700 bytes for 30 projections that two others each had to get
      wireBytesPerProjectionAndPeer: 35
    })
  })

  test('of nothing, nothing', () => {
    const nodes = [newNodeRecord(0)]

    expect(replicaSummary({ nodes })).toMatchObject({
      hashes: [],
      projectionsPerSecond: null,
      wireBytesPerProjectionAndPeer: null
    })
    expect(replicasInWords({ nodes })).toEqual({ agree: false, text: 'no replica was measured' })
  })

  test.each([
    {
      id: 'the same',
      others: {},
      agree: true,
      text: 'all 2 nodes have the same set aaaaaaaa and the same model bbbbbbbb'
    },
    {
      id: 'another set',
      others: { set: 'c', model: 'd' },
      agree: false,
      text: '2 different sets and 2 different models'
    },
    {
      id: 'another model of one set',
      others: { model: 'd' },
      agree: false,
      text: '1 different sets and 2 different models'
    }
  ])('$id', ({ others, agree, text }) => {
    const words = replicasInWords({ nodes: [node(0), node(1, others)] })

    expect(words.agree).toBe(agree)
    expect(words.text).toContain(text)
  })

  test("an author's lag is that where least of its log has arrived", () => {
    const replicas = livingReplicas({ nodes: [node(0, { lags: { ann: 3 } }), node(1, { lags: { ann: 7, bob: 0 } })] })

    expect([lagOf('ann', replicas), lagOf('bob', replicas), lagOf('eve', replicas)]).toEqual([7, 0, undefined])
  })
})
