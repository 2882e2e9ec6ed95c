import type { Peer } from '../interface/network.ts'

export type TraceKind =
  | 'sent'
  | 'delivered'
  /** By the link: chance, or a partition. */
  | 'lost'
  | 'duplicated'
  /** It arrived, and nobody wanted it: the machine is gone, or nothing handles it there. */
  | 'dropped'
  | 'timer'
  | 'computed'
  | 'joined'
  | 'crashed'
  | 'stopped'
  | 'partitioned'
  | 'healed'

/** One line of what happened, for people and for event logs. */
export interface TraceEvent {
  /** Virtual. */
  ms: number
  kind: TraceKind
  from?: Peer
  to?: Peer
  /** Protocol, topic or model. */
  what?: string
  /** On the wire. */
  bytes?: number
}
