import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, test } from 'vitest'
import { keySigning } from '../../src/node/signing.ts'

const message = new TextEncoder().encode('a head of a log')

test('signs as libp2p does, and knows the signatures of others by their names', async () => {
  const [ann, bob] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
  const name = peerIdFromPrivateKey(ann).toString()
  const signature = keySigning(ann).sign(message)

  expect(Buffer.from(signature)).toEqual(Buffer.from(await ann.sign(message)))
  expect(keySigning(bob).verify(name, message, signature)).toBe(true)
  expect(keySigning(bob).verify(peerIdFromPrivateKey(bob).toString(), message, signature)).toBe(false)
  expect(keySigning(bob).verify(name, message.slice(1), signature)).toBe(false)
})

test('says no to names and signatures that are none', async () => {
  const signing = keySigning(await generateKeyPair('Ed25519'))
  const rsaName = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'

  for (const peer of ['', 'nobody', rsaName]) expect(signing.verify(peer, message, new Uint8Array(64))).toBe(false)
  const name = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  for (const bytes of [0, 63, 65]) expect(signing.verify(name, message, new Uint8Array(bytes))).toBe(false)
})

test('refuses a key whose name does not hold it', async () => {
  const rsa = await generateKeyPair('RSA', 2048)

  expect(() => keySigning(rsa)).toThrow(expect.objectContaining({ code: 'ERR_KEY_UNREADABLE' }))
})
