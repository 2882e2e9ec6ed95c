import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { Peer } from '../interface/network.ts'
import type { Signing } from '../interface/signing.ts'

/** DER of an Ed25519 private key, up to its 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Signatures made here that are known by heart; older ones are verified like strangers'. */
const MAX_REMEMBERED = 65_536

/**
 * Signatures of simulated nodes: real ones, with keys that follow from the nodes' names. What was signed here is not
 * verified once for each node that gets it: it is remembered, byte for byte.
 */
export class SimulatedSigning {
  /** What each signature made here is over, by its text; oldest first. */
  readonly #signed = new Map<string, { peer: Peer; bytes: Uint8Array }>()
  readonly #keys = new Map<Peer, { secret: KeyObject; public: KeyObject }>()

  /** For a node of that name. */
  of(self: Peer): Signing {
    return {
      sign: (bytes) => this.#sign(self, bytes),
      verify: (peer, bytes, signature) =>
        this.#isRemembered(peer, bytes, signature) || verify(null, bytes, this.#keyOf(peer).public, signature)
    }
  }

  #sign(peer: Peer, bytes: Uint8Array): Uint8Array {
    const signature = sign(null, bytes, this.#keyOf(peer).secret)
    this.#signed.set(textOf(signature), { peer, bytes: Uint8Array.from(bytes) })
    if (this.#signed.size > MAX_REMEMBERED) this.#signed.delete(this.#signed.keys().next().value!)

    return signature
  }

  #isRemembered(peer: Peer, bytes: Uint8Array, signature: Uint8Array): boolean {
    const signed = this.#signed.get(textOf(signature))

    return signed !== undefined && signed.peer === peer && Buffer.compare(signed.bytes, bytes) === 0
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

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
