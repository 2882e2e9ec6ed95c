import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RejectedError } from '../../src/interface/errors.ts'
import { decodeAddresses, encodeAddresses } from '../../src/wire/addresses-codec.ts'
import { decodeAnnouncement, encodeAnnouncement } from '../../src/wire/announcement-codec.ts'
import { decodeHello, encodeHello } from '../../src/wire/hello-codec.ts'
import { decodeModel, encodeModel } from '../../src/wire/model-codec.ts'
import { decodePullRequest, encodePullRequest } from '../../src/wire/pull-codec.ts'

const hash = 'ab'.repeat(32)
const address = '/ip4/127.0.0.1/tcp/4001'

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
  { id: 'pull request', valid: encodePullRequest({ hash, offset: 5 }), decode: decodePullRequest },
  { id: 'addresses', valid: encodeAddresses([address, address]), decode: decodeAddresses }
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
