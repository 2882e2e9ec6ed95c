import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RejectedError } from '../../src/interface/errors.ts'
import {
  decodeLedgerAnswer,
  decodeLedgerQuery,
  encodeLedgerAnswer,
  encodeLedgerQuery,
  MAX_ANSWER_PAYLOAD,
  MAX_QUERY_AUTHORS
} from '../../src/wire/ledger-sync-codec.ts'
import { MAX_MESSAGE_BYTES, MAX_PEER_CHARS } from '../../src/wire/limits.ts'
import { type Equivocation, type LogBatch, SEGMENT_BYTES } from '../../src/wire/log-batch.ts'
import { batchBytes } from '../../src/wire/log-batch-codec.ts'
import { decodeProjections, encodeProjections } from '../../src/wire/projections-codec.ts'
import {
  decodeSegmentAnswer,
  decodeSegmentQuery,
  decodeSnapshotAnswer,
  decodeVouch,
  encodeSegmentAnswer,
  encodeSegmentQuery,
  encodeSnapshotAnswer,
  encodeVouch
} from '../../src/wire/snapshot-codec.ts'

const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const tip = '0123456789abcdef'
const hash = '0123456789abcdef'.repeat(4)
const batch: LogBatch = { author: 'ann', start: 1000, bytes: fill(24, 7), signature: fill(64, 9) }
const proof: Equivocation = {
  author: 'eve',
  start: SEGMENT_BYTES,
  before: fill(32, 1),
  left: { bytes: fill(5, 2), signature: fill(64, 3) },
  right: { bytes: fill(SEGMENT_BYTES, 4), signature: fill(64, 5) }
}

/** Every decoder, with a message that it takes. */
const messages = [
  { id: 'projections', decode: (bytes: Uint8Array) => decodeProjections('ann', bytes), good: encodeProjections(batch) },
  {
    id: 'query',
    decode: decodeLedgerQuery,
    good: encodeLedgerQuery({
      setHash: hash,
      isFinished: false,
      neighbourhood: 0xdead_beef,
      logs: [
        { author: 'ann', length: 5, tip },
        { author: 'eve', length: 9, voidFrom: 3, tip: 'f'.repeat(16) }
      ]
    })
  },
  {
    id: 'answer',
    decode: decodeLedgerAnswer,
    good: encodeLedgerAnswer({
      setHash: hash,
      isFinished: true,
      neighbourhood: 0xdead_beef,
      batches: [batch],
      proofs: [proof]
    })
  },
  { id: 'segment query', decode: decodeSegmentQuery, good: encodeSegmentQuery({ author: 'ann', index: 3 }) },
  { id: 'segment', decode: decodeSegmentAnswer, good: encodeSegmentAnswer({ before: fill(32, 8), batch }) },
  { id: 'no segment', decode: decodeSegmentAnswer, good: encodeSegmentAnswer(undefined) },
  {
    id: 'snapshot',
    decode: (bytes: Uint8Array) => decodeSnapshotAnswer(bytes, 1000),
    good: encodeSnapshotAnswer({ hash, bytes: 1000 })
  },
  { id: 'vouch', decode: decodeVouch, good: encodeVouch({ kind: 'vouched', accHash: hash }) }
]

describe('messages of the ledger', () => {
  test('round trips', () => {
    const logs = [
      { author: 'ann', length: 5, tip },
      { author: 'eve', length: 9, voidFrom: 3, tip: 'f'.repeat(16) }
    ]

    expect(decodeProjections('ann', encodeProjections(batch))).toEqual(batch)
    expect(
      decodeLedgerQuery(encodeLedgerQuery({ setHash: hash, isFinished: true, neighbourhood: 0xdead_beef, logs }))
    ).toEqual({
      setHash: hash,
      isFinished: true,
      neighbourhood: 0xdead_beef,
      logs
    })
    const answer = {
      setHash: hash,
      isFinished: true,
      neighbourhood: 0xdead_beef,
      batches: [batch, { ...batch, author: 'bob', start: 0 }],
      proofs: [proof]
    }
    expect(decodeLedgerAnswer(encodeLedgerAnswer(answer))).toEqual(answer)
    expect(decodeSegmentQuery(encodeSegmentQuery({ author: 'ann', index: 3 }))).toEqual({ author: 'ann', index: 3 })
    expect(decodeSegmentAnswer(encodeSegmentAnswer({ before: fill(32, 8), batch }))).toEqual({
      before: fill(32, 8),
      batch
    })
    expect(decodeSegmentAnswer(encodeSegmentAnswer(undefined))).toBeUndefined()
    expect(decodeSnapshotAnswer(encodeSnapshotAnswer({ hash, bytes: 12 }), 12)).toEqual({ hash, bytes: 12 })
    expect(decodeSnapshotAnswer(encodeSnapshotAnswer(undefined), 12)).toBeUndefined()
    for (const vouch of [{ kind: 'behind' }, { kind: 'busy' }, { kind: 'vouched', accHash: hash }] as const) {
      expect(decodeVouch(encodeVouch(vouch))).toEqual(vouch)
    }
  })

  test('what is decoded is a copy, of Buffers too, whose slice() is none', () => {
    const message = Buffer.from(encodeProjections(batch))
    const decoded = decodeProjections('ann', message)
    message.fill(0)
    expect(decoded).toEqual(batch)
    expect(decoded.bytes).not.toBeInstanceOf(Buffer)
  })

  test('projections byte for byte: 69 bytes more than there are', () => {
    const bytes = encodeProjections({ ...batch, bytes: Uint8Array.of(1, 2, 0xff) })

    expect(Buffer.from(bytes).toString('hex')).toBe(`01${'e8030000'}${'0102ff'}${'09'.repeat(64)}`)
  })

  test.each([
    { id: 'no bytes', change: { bytes: new Uint8Array(0) } },
    { id: 'over the end of a segment', change: { start: 1000, bytes: fill(25, 1) } },
    { id: 'a place beyond uint32', change: { start: 0xffff_ffff, bytes: fill(1, 1) } }
  ])('a batch with $id is malformed', ({ change }) => {
    const bad = { ...batch, ...change }
    const malformed = (code: string) => expect.objectContaining({ code, verdict: 'penalise' })

    expect(() => decodeProjections('ann', encodeProjections(bad))).toThrow(malformed('ERR_PROJECTIONS_MALFORMED'))
    const answer = encodeLedgerAnswer({
      setHash: hash,
      isFinished: true,
      neighbourhood: 0xdead_beef,
      batches: [bad],
      proofs: []
    })
    expect(() => decodeLedgerAnswer(answer)).toThrow(malformed('ERR_LEDGER_ANSWER_MALFORMED'))
  })

  test('the fullest ones fit a message, and what is fuller is refused here', () => {
    const logs = Array.from({ length: MAX_QUERY_AUTHORS }, (_, i) => ({
      author: String(i).padStart(MAX_PEER_CHARS, 'p'),
      length: i,
      tip
    }))
    expect(
      encodeLedgerQuery({ setHash: hash, isFinished: true, neighbourhood: 0xdead_beef, logs }).byteLength
    ).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
    const tooMany = [...logs, { author: 'q', length: 1, tip }]
    expect(() =>
      encodeLedgerQuery({ setHash: hash, isFinished: true, neighbourhood: 0xdead_beef, logs: tooMany })
    ).toThrow(expect.objectContaining({ code: 'ERR_ENCODE_LIMIT' }))

    const full = { ...batch, start: 0, bytes: fill(SEGMENT_BYTES, 1) }
    const count = Math.floor(MAX_ANSWER_PAYLOAD / batchBytes(full))
    const batches = new Array<LogBatch>(count).fill(full)
    expect(
      encodeLedgerAnswer({ setHash: hash, isFinished: true, neighbourhood: 0xdead_beef, batches, proofs: [] })
        .byteLength
    ).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
    expect(() =>
      encodeLedgerAnswer({
        setHash: hash,
        isFinished: true,
        neighbourhood: 0xdead_beef,
        batches: [...batches, full],
        proofs: []
      })
    ).toThrow(expect.objectContaining({ code: 'ERR_ENCODE_LIMIT' }))
  })

  test('an author named twice, and a snapshot larger than there can be, are malformed', () => {
    const logs = [
      { author: 'ann', length: 5, tip },
      { author: 'ann', length: 6, tip }
    ]
    expect(() =>
      decodeLedgerQuery(encodeLedgerQuery({ setHash: hash, isFinished: true, neighbourhood: 0xdead_beef, logs }))
    ).toThrow(expect.objectContaining({ code: 'ERR_LEDGER_QUERY_MALFORMED' }))
    expect(() => decodeSnapshotAnswer(encodeSnapshotAnswer({ hash, bytes: 13 }), 12)).toThrow(
      expect.objectContaining({ code: 'ERR_SNAPSHOT_ANSWER_MALFORMED' })
    )
  })

  test.each(messages)('whatever a peer sends for $id is taken or refused by code', ({ decode, good }) => {
    const outcome = (bytes: Uint8Array): void => {
      try {
        decode(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(RejectedError)
        expect(error).toMatchObject({ verdict: 'penalise' })
      }
    }
    decode(Buffer.concat([Buffer.of(0), good]).subarray(1)) // at an odd offset
    expect(() => decode(new Uint8Array([...good, 0]))).toThrow(RejectedError)
    for (let end = 0; end < good.byteLength; end++) outcome(good.subarray(0, end))
    fc.assert(
      fc.property(fc.nat(good.byteLength - 1), fc.nat(255), fc.uint8Array({ maxLength: 80 }), (at, value, random) => {
        const changed = good.slice()
        changed[at] = value
        outcome(changed)
        outcome(random)
      })
    )
  })
})
