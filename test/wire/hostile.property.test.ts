import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RejectedError } from '../../src/interface/errors.ts'
import { decodeAddresses, encodeAddresses } from '../../src/wire/addresses-codec.ts'
import { decodeAnnouncement, encodeAnnouncement } from '../../src/wire/announcement-codec.ts'
import { decodeHello, encodeHello } from '../../src/wire/hello-codec.ts'
import { decodeInvitation, encodeInvitation } from '../../src/wire/invitation-codec.ts'
import {
  decodeInvitations,
  decodeInvitationsQuery,
  encodeInvitations,
  encodeInvitationsQuery
} from '../../src/wire/invitations-codec.ts'
import { decodeModel, encodeModel } from '../../src/wire/model-codec.ts'
import {
  decodePing,
  decodePong,
  decodeViewPage,
  decodeViewQuery,
  encodePing,
  encodePong,
  encodeViewPage,
  encodeViewQuery
} from '../../src/wire/modest-codec.ts'
import { decodeNotice, decodeNoticeAnswer, encodeNotice, encodeNoticeAnswer } from '../../src/wire/notice-codec.ts'
import { decodePullRequest, encodePullRequest } from '../../src/wire/pull-codec.ts'

const hash = 'ab'.repeat(32)
const address = '/ip4/127.0.0.1/tcp/4001'
const ref = { hash, bytes: 24 }
const members = ['abc', 'd'].map((peer) => ({
  peer,
  lastActive: 3,
  lastSilent: -1,
  index: 1,
  status: 'leave' as const,
  since: 2
}))

const token = Uint8Array.from([
  ...encodeInvitation({ jobId: hash, peer: 'abc', notBefore: 5, expires: 2 ** 40, right: 'train' }),
  ...new Uint8Array(64).fill(7)
])

/** Every decoder of the wire, with a valid message to damage. */
const decoders: { id: string; valid: Uint8Array; decode: (bytes: Uint8Array) => unknown }[] = [
  { id: 'model', valid: encodeModel(Float32Array.of(1, 2, 3)), decode: (bytes) => decodeModel(bytes, { dim: 3 }) },
  {
    id: 'announcement',
    valid: encodeAnnouncement({ round: 3, ref: { hash, bytes: 24 }, examples: 9, phase: 'done', to: ['abc', 'd'] }),
    decode: (bytes) => decodeAnnouncement(bytes, { bytes: 24, minRound: 0, maxRound: 9 })
  },
  {
    id: 'hello',
    valid: encodeHello({ jobId: hash, jobJson: '{"a":1}', agent: 'x/1', listen: [address], known: [address] }),
    decode: decodeHello
  },
  {
    id: 'hello with an invitation',
    valid: encodeHello({
      ...{ jobId: hash, jobJson: '{}', agent: 'x/1', listen: [], known: [] },
      refusal: 'ERR_INVITE_FORGED',
      invitation: token
    }),
    decode: decodeHello
  },
  { id: 'invitation', valid: token, decode: decodeInvitation },
  { id: 'query for invitations', valid: encodeInvitationsQuery(['abc', 'd']), decode: decodeInvitationsQuery },
  { id: 'invitations', valid: encodeInvitations([token, token]), decode: decodeInvitations },
  { id: 'pull request', valid: encodePullRequest({ hash, offset: 5 }), decode: decodePullRequest },
  { id: 'addresses', valid: encodeAddresses([address, address]), decode: decodeAddresses },
  {
    id: 'notice',
    valid: encodeNotice({ kind: 'trained', round: 3, ref, examples: 9, members, digest: '0123456789abcdef' }),
    decode: (bytes) => decodeNotice(bytes, { bytes: 24, minRound: 0, maxRound: 9, maxMemberRound: 9 })
  },
  { id: 'notice answer', valid: encodeNoticeAnswer({ taken: true, round: 3 }), decode: decodeNoticeAnswer },
  { id: 'ping', valid: encodePing({ round: 3, index: 1 }), decode: (bytes) => decodePing(bytes, { maxRound: 9 }) },
  {
    id: 'pong',
    valid: encodePong({ round: 3, index: 1, held: -1, final: { ...ref, round: 3 } }),
    decode: (bytes) => decodePong(bytes, { bytes: 24, maxRound: 9 })
  },
  { id: 'view query', valid: encodeViewQuery({ after: 'abc' }), decode: decodeViewQuery },
  {
    id: 'view page',
    valid: encodeViewPage({ round: 3, members, more: true }),
    decode: (bytes) => decodeViewPage(bytes, { maxRound: 9, after: 'aa' })
  }
]

/** What an attacker can make of bytes: noise, or a valid message cut, damaged, lengthened. */
function hostile(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const flips = fc.array(fc.tuple(fc.nat(valid.byteLength - 1), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4
  })

  return fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.nat(valid.byteLength - 1).map((length) => valid.slice(0, length)),
    flips.map((changes) => {
      const bytes = valid.slice()
      for (const [index, mask] of changes) bytes[index]! ^= mask
      return bytes
    }),
    fc.uint8Array({ minLength: 1, maxLength: 8 }).map((tail) => Buffer.concat([valid, tail]))
  )
}

test.each(decoders)('$id: whatever the bytes, a value or a RejectedError', ({ valid, decode }) => {
  fc.assert(
    fc.property(hostile(valid), (bytes) => {
      try {
        decode(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(RejectedError)
      }
    }),
    { numRuns: 2000 }
  )
})

test.each(decoders)('$id: no strict prefix, and no lengthened message, is accepted', ({ valid, decode }) => {
  decode(valid) // the valid one is
  for (let length = 0; length < valid.byteLength; length++) {
    expect(() => decode(valid.subarray(0, length))).toThrow(RejectedError)
  }
  expect(() => decode(Buffer.concat([valid, Buffer.alloc(1)]))).toThrow(RejectedError)
})

test.each(decoders)('$id: reads a Node buffer that begins anywhere', ({ valid, decode }) => {
  for (const offset of [1, 2, 3, 7]) {
    const shifted = Buffer.concat([Buffer.alloc(offset, 0xff), valid, Buffer.alloc(3, 0xff)])
    expect(decode(shifted.subarray(offset, offset + valid.byteLength))).toEqual(decode(valid))
  }
})
