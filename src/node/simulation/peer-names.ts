import { createHash } from 'node:crypto'
import type { Peer } from '../../interface/network.ts'

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** How every Ed25519 peer id begins. */
const PREFIX = '12D3KooW'
const CHARS = 52

/** Names as long as real peer ids, so that messages have their true size; the same for the same seed. */
export function peerNames(count: number, seed: number): Peer[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = createHash('sha512').update(`${seed}/${index}`).digest()
    const digits = Array.from(bytes.subarray(0, CHARS - PREFIX.length), (byte) => BASE58[byte % BASE58.length])

    return PREFIX + digits.join('')
  })
}
