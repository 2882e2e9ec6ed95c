import type { Peer } from '../interface/network.ts'
import type { Hello } from '../wire/hello-codec.ts'
import { MAX_ADDRESS_CHARS, MAX_LISTEN_ADDRESSES } from '../wire/limits.ts'
import { chooseKnown } from './known-addresses.ts'
import type { PeerTable } from './peer-table.ts'

export interface OwnHelloComponents {
  /** Where others can reach us, at this moment. */
  addresses: () => readonly string[]
  peers: PeerTable
  /** Random numbers of [0, 1). */
  uniform: () => number
}

/** What we say of ourselves first, to whom. */
export function createOwnHello(
  { jobId, jobJson, agent }: Pick<Hello, 'jobId' | 'jobJson' | 'agent'>,
  { addresses, peers, uniform }: OwnHelloComponents
): (to: Peer) => Hello {
  return (to) => {
    const listen = addresses().filter((address) => address.length <= MAX_ADDRESS_CHARS)

    return {
      jobId,
      jobJson,
      agent,
      listen: listen.slice(0, MAX_LISTEN_ADDRESSES),
      known: chooseKnown(peers.entries(), to, uniform)
    }
  }
}
