import { RejectedError } from '../interface/errors.ts'
import type { Network, Peer } from '../interface/network.ts'

/**
 * Decodes what was pulled from a peer: what is refused counts against it.
 *
 * @throws what `decode` throws
 */
export function judged<T>(network: Network, from: Peer, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof RejectedError) network.reject(from, error)
    throw error
  }
}
