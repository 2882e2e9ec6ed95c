import type { Peer } from '../interface/network.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import type { GossipLimits } from './limits.ts'
import type { PeerTable } from './peer-table.ts'

export interface AwaitHelloComponents {
  waits: WaitRegister
  peers: PeerTable
  limits: GossipLimits
}

/** Until a peer has passed the hello. @throws {CodedError} ERR_WAIT_TIMEOUT; the signal's reason */
export function awaitHello(
  { waits, peers, limits }: AwaitHelloComponents,
  peer: Peer,
  signal: AbortSignal
): Promise<void> {
  const spec: WaitSpec = {
    kind: 'hello',
    what: `the hello of ${peer}`,
    from: [peer],
    timeoutMs: limits.helloTimeoutMs
  }

  return waits.run(spec, (deadline) => peers.admitted(peer, { signal: deadline }), { signal })
}
