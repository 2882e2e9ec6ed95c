import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { CodedError } from '../interface/errors.ts'
import type { Host } from './host.ts'

/** @throws {CodedError} ERR_DIAL_FAILED */
export async function dial(host: Host, address: string, signal: AbortSignal): Promise<Connection> {
  try {
    return await host.dial(multiaddr(address), { signal })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.name : 'unknown'
    throw new CodedError('ERR_DIAL_FAILED', `could not connect to ${address}`, { cause: reason }, { cause })
  }
}
