import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { Sign, Verify } from '../../src/spsa/ledger/head.ts'

/** DER of an Ed25519 private key, up to its 32 bytes. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Authors of logs with keys of their own, and a verifier that knows them all. */
export class LogAuthors {
  readonly #keys = new Map<string, ReturnType<typeof createPublicKey>>()

  /** @param name - decides the key: the same name always has the same */
  sign(name: string): Sign {
    const secret = Buffer.alloc(32)
    secret.write(name)
    const key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' })
    this.#keys.set(name, createPublicKey(key))

    return (statement) => sign(null, statement, key)
  }

  readonly verify: Verify = (author, statement, signature) => {
    const key = this.#keys.get(author)

    return key !== undefined && verify(null, statement, key, signature)
  }
}
