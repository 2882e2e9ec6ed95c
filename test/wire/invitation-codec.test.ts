import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generateKey } from '../../src/gossip/key.ts'
import {
  decodeInvitation,
  encodeInvitation,
  type Invitation,
  invitationStatement,
  invitationText,
  parseInvitationText
} from '../../src/wire/invitation-codec.ts'
import { MAX_INVITATION_BYTES } from '../../src/wire/limits.ts'
import { isPeerId, keyOfPeer, peerOfMultihash } from '../../src/wire/peer-key.ts'

const PEER = '12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust'
const invitation: Invitation = {
  jobId: '0123456789abcdef'.repeat(4),
  peer: PEER,
  notBefore: 0x1234,
  expires: 0x5678,
  right: 'train'
}
const signature = new Uint8Array(64).fill(0xee)

function tokenOf(changes: Partial<Invitation> = {}): Uint8Array {
  return Buffer.concat([encodeInvitation({ ...invitation, ...changes }), signature])
}

describe('an invitation', () => {
  test('round trip, from a Buffer at an odd offset too', () => {
    for (const changes of [{}, { right: 'observe' as const }, { expires: Number.MAX_SAFE_INTEGER }]) {
      const token = tokenOf(changes)
      const padded = Buffer.concat([Buffer.alloc(3), token]).subarray(3)
      for (const bytes of [token, padded]) {
        const { invitation: decoded, statement, signature: found } = decodeInvitation(bytes)
        expect(decoded).toEqual({ ...invitation, ...changes })
        expect(found).toEqual(signature)
        expect(statement).toEqual(invitationStatement(encodeInvitation({ ...invitation, ...changes })))
      }
    }
  })

  test('byte for byte', () => {
    expect(Buffer.from(encodeInvitation({ ...invitation, peer: 'AB' })).toString('hex')).toBe(
      `53544956${'01'}${invitation.jobId}${'024142'}${'3412000000000000'}${'7856000000000000'}${'01'}`
    )
    expect(Buffer.from(invitationStatement(Uint8Array.of(1, 2))).toString('latin1')).toBe(
      'starling/invitation/1\n\u0001\u0002'
    )
  })

  test('the longest fits its limit', () => {
    expect(tokenOf({ peer: 'x'.repeat(64) }).byteLength).toBe(MAX_INVITATION_BYTES)
    expect(() => encodeInvitation({ ...invitation, peer: 'x'.repeat(65) })).toThrow(
      expect.objectContaining({ code: 'ERR_ENCODE_LIMIT' })
    )
  })

  test('rights of a later version are refused, and not held against the peer', () => {
    const token = tokenOf()
    for (const rights of [2, 3, 255]) {
      token[token.byteLength - 65] = rights
      expect(() => decodeInvitation(token)).toThrow(
        expect.objectContaining({ code: 'ERR_INVITE_RIGHTS', verdict: 'ignore', details: { rights } })
      )
    }
  })

  test('no byte of what is signed can be changed without the signature failing', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const bytes = encodeInvitation(invitation)
    const token = Buffer.concat([bytes, sign(null, invitationStatement(bytes), privateKey)])
    const holds = (damaged: Uint8Array): boolean => {
      try {
        const signed = decodeInvitation(damaged)
        return verify(null, signed.statement, publicKey, signed.signature)
      } catch {
        return false
      }
    }

    expect(holds(token)).toBe(true)
    fc.assert(
      fc.property(fc.nat(token.byteLength - 1), fc.integer({ min: 1, max: 255 }), (index, mask) => {
        const damaged = Uint8Array.from(token)
        damaged[index]! ^= mask
        expect(holds(damaged)).toBe(false)
      })
    )
  })
})

describe('as text', () => {
  test('one word, that comes back; white space around it is nothing', () => {
    const text = invitationText(tokenOf())
    expect(text).toMatch(/^[\w-]+$/)
    expect(parseInvitationText(`  ${text}\n`)).toEqual(Uint8Array.from(tokenOf()))
  })

  test('whatever else is refused', () => {
    const refused = expect.objectContaining({ code: 'ERR_INVITE_MALFORMED' })
    const text = invitationText(tokenOf())
    const tooLong = invitationText(new Uint8Array(MAX_INVITATION_BYTES + 1))
    for (const damaged of [`${text.slice(0, 9)} ${text.slice(9)}`, `${text}=`, `${text}!`, tooLong]) {
      expect(() => parseInvitationText(damaged)).toThrow(refused)
    }
    fc.assert(
      fc.property(fc.string(), (noise) => {
        try {
          parseInvitationText(noise)
        } catch (error) {
          expect(error).toEqual(refused)
        }
      })
    )
  })
})

describe("a peer's id", () => {
  test('holds its key: the same as libp2p finds in it, and the other way round', async () => {
    for (let i = 0; i < 20; i++) {
      const id = peerIdFromPrivateKey(await generateKey())
      expect(keyOfPeer(id.toString())).toEqual(Uint8Array.from(id.publicKey!.raw))
      expect(peerOfMultihash(id.toMultihash().bytes)).toBe(id.toString())
    }
  })

  test.each([
    '',
    'abc',
    PEER.slice(1),
    `${PEER}x`,
    PEER.replace('Q', '0'),
    PEER.replace('Q', 'é'),
    // of another kind of key, and the same id as a CID
    'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
    'bafzaajaiaejcbxyt2ba2dszmkhzq5rb5sz5xvlpcgq3cbgwqfvpmx4jw3cp4wlve'
  ])('%s is none', (text) => {
    expect(isPeerId(text)).toBe(false)
  })

  test('whatever the text, no more is taken for an id than libp2p takes', () => {
    const almost = fc
      .tuple(fc.nat(PEER.length - 1), fc.constantFrom(...'0123ABCXYZabcxyz'))
      .map(([at, char]) => PEER.slice(0, at) + char + PEER.slice(at + 1))
    fc.assert(
      fc.property(fc.oneof(fc.string(), almost), (text) => {
        const key = keyOfPeer(text)
        if (key === undefined) return
        const id = peerIdFromString(text)
        expect(id.toString()).toBe(text)
        expect(id.type).toBe('Ed25519')
        expect(id.toMultihash().digest.subarray(4)).toEqual(key)
      })
    )
  })

  test('of other multihashes there is none', () => {
    expect(peerOfMultihash(new Uint8Array(38))).toBeUndefined()
    expect(peerOfMultihash(new Uint8Array(0))).toBeUndefined()
  })
})
