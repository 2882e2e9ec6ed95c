import type { AddressScope } from './address-scope.ts'

/**
 * How others get to this node. `direct`: from anywhere. `hole-punched`: met through a relay, then without it.
 * `relay-only`: through a relay. `lan`: from the same network. `loopback`: from the same machine. `unknown`: nothing
 * shows it yet.
 */
export type Reachability = 'direct' | 'hole-punched' | 'relay-only' | 'lan' | 'loopback' | 'unknown'

/** A connection with a peer. */
export interface Path {
  readonly kind: 'direct' | 'relayed'
  readonly direction: 'inbound' | 'outbound'
  /** Of the other end; a relayed one says nothing of where the peer is. */
  readonly scope: AddressScope
  /** It took the place of a connection through a relay. */
  readonly isUpgrade: boolean
}

export interface ReachabilityFacts {
  /** Addresses that this node listens on. */
  readonly listen: readonly AddressScope[]
  /** The operator said where others find it. */
  readonly isAnnounced: boolean
  /** Peers have dialled a public address of it, and got through. */
  readonly isConfirmed: boolean
  /** Somebody has come from outside since the node's own addresses changed last. */
  readonly wasReached: boolean
  readonly paths: readonly Path[]
  /** Relays that keep a place for it. */
  readonly relays: number
}

/** Decides from what is known now; better evidence comes first. */
export function reachabilityOf(facts: ReachabilityFacts): Reachability {
  const { listen, paths, relays } = facts
  if (isReachedFromOutside(facts)) return 'direct'
  if (paths.some(({ isUpgrade }) => isUpgrade)) return 'hole-punched'
  if (relays > 0) return 'relay-only'
  if (listen.includes('public') || hasLeftTheNetwork(facts)) return 'unknown'
  if (listen.some((scope) => scope === 'lan' || scope === 'link')) return 'lan'

  return listen.includes('loopback') ? 'loopback' : 'unknown'
}

/** Others far away can't reach this node, or nothing shows that they can: a relay would help. */
export function wantsRelay(facts: ReachabilityFacts): boolean {
  return !isReachedFromOutside(facts) && hasLeftTheNetwork(facts)
}

function isReachedFromOutside({ isAnnounced, isConfirmed, wasReached }: ReachabilityFacts): boolean {
  return isAnnounced || isConfirmed || wasReached
}

/** Through no relay, and not because a relay brought the two together. */
export function isFromOutside({ kind, direction, scope, isUpgrade }: Path): boolean {
  return kind === 'direct' && direction === 'inbound' && scope === 'public' && !isUpgrade
}

/** Some peer is beyond the router. */
function hasLeftTheNetwork({ paths }: ReachabilityFacts): boolean {
  return paths.some(({ kind, scope }) => kind === 'relayed' || scope === 'public')
}

const TEXTS: Readonly<Record<Reachability, string>> = {
  direct: 'direct: nodes anywhere can connect to this one',
  'hole-punched': 'hole-punched: met through a relay, connected without it: models and SPSA on',
  'relay-only': 'relay-only: models off, SPSA on, but with peers that this node can dial itself',
  lan: 'lan: nodes on this network can connect; for others open a port, or join one that has --relay',
  loopback: 'loopback: only nodes on this machine can connect',
  unknown: 'unknown: no node from outside has connected yet'
}

/** For people. */
export function describeReachability(reachability: Reachability): string {
  return TEXTS[reachability]
}
