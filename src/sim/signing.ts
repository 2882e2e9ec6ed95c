import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { Peer } from '../interface/network.ts'
import type { Signing } from '../interface/signing.ts'

/** DER of an Ed25519 private key, up to its 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Signatures of simulated nodes. Real ones, so that they cost what they cost, but a node's key follows from its name:
 * nobody in a simulation forges by accident.
 */
export class SimulatedSigning {
  readonly #keys = new Map<Peer, { secret: KeyObject; public: KeyObject }>()

  /** For a node of that name. */
  of(self: Peer): Signing {
    return {
      sign: (bytes) => sign(null, bytes, this.#keyOf(self).secret),
      verify: (peer, bytes, signature) => verify(null, bytes, this.#keyOf(peer).public, signature)
    }
  }

  #keyOf(peer: Peer): { secret: KeyObject; public: KeyObject } {
    let key = this.#keys.get(peer)
    if (key === undefined) {
      const seed = createHash('sha256').update(peer).digest()
      const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
      key = { secret, public: createPublicKey(secret) }
      this.#keys.set(peer, key)
    }

    return key
  }
}
