import { createHash } from 'node:crypto'
import { InvalidConfigError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { createRng } from '../math/philox.ts'

/** Who exchanges with whom: plain data, safe to log and to clone. */
export type TopologySpec =
  | { kind: 'ring' }
  | { kind: 'full' }
  /** A fixed graph in which everyone has `degree` neighbours. */
  | { kind: 'regular'; degree: number }
  /** `degree` peers drawn anew each round by each node. */
  | { kind: 'random'; degree: number }

const FORMS = 'ring, full, regular:K (K from 2 to 64) or random:K (from 1)'
/** More neighbours than this is `full` in all but name, and each costs a model a round. */
const MAX_DEGREE = 64

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID for anything but the four forms */
export function parseTopology(text: string): TopologySpec {
  if (text === 'ring' || text === 'full') return { kind: text }

  const match = /^(regular|random):(\d{1,3})$/.exec(text)
  const degree = Number(match?.[2])
  // one neighbour each is pairs that never hear of the others
  const least = match?.[1] === 'regular' ? 2 : 1
  if (match === null || degree < least || degree > MAX_DEGREE) {
    throw new InvalidConfigError(`topology "${text}": expected ${FORMS}`)
  }

  return { kind: match[1] as 'regular' | 'random', degree }
}

/**
 * Puts members in an order that all nodes agree on and that nobody can
 * choose a place in without trying many keys: by SHA-256 of seed and peer.
 */
export function orderMembers(members: readonly Peer[], seed: number): Peer[] {
  const key = (peer: Peer): string => createHash('sha256').update(`${seed}/${peer}`).digest('hex')

  return [...new Set(members)]
    .map((peer) => ({ peer, key: key(peer) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ peer }) => peer)
}

export interface NeighbourQuery {
  /** Everyone taking part, `self` included, as {@link orderMembers} gives them. */
  ordered: readonly Peer[]
  self: Peer
  round: number
  seed: number
}

/**
 * The peers that `self` sends its model to in this round. A pure function:
 * nodes with the same list of members agree on the graph without a word.
 *
 * `regular:K` is a circulant graph over the order, with the ring among its
 * cycles (so it is connected) and the other offsets drawn from the seed; the
 * degree is exactly K, except that it is K - 1 when K and the number of
 * members are both odd, as no K-regular graph exists then.
 *
 * @returns distinct peers, never `self`; everyone else when there are too few
 */
export function neighbours(spec: TopologySpec, query: NeighbourQuery): Peer[] {
  const { ordered, self } = query
  const at = ordered.indexOf(self)
  if (at < 0) return []

  const others = ordered.filter((peer) => peer !== self)
  const degree = degreeOf(spec, ordered.length)
  if (degree >= others.length) return others
  if (spec.kind === 'random') return drawPeers(others, degree, query)

  const n = ordered.length
  const places = circulantOffsets(n, degree, query.seed).flatMap((offset) => [at + offset, at - offset + n])

  return [...new Set(places.map((place) => ordered[place % n]!))]
}

/** Neighbours a node has among `n` members, when there are enough. */
export function degreeOf(spec: TopologySpec, n: number): number {
  if (spec.kind === 'full') return n - 1

  return spec.kind === 'ring' ? 2 : spec.degree
}

function drawPeers(others: readonly Peer[], degree: number, { self, round, seed }: NeighbourQuery): Peer[] {
  return createRng(seed, `topology:${self}:${round}`)
    .shuffle([...others])
    .slice(0, degree)
}

/** Offset 1 is the ring; n/2 stands for one neighbour, all others for two. */
function circulantOffsets(n: number, degree: number, seed: number): number[] {
  const offsets = degree >= 2 ? [1] : []
  const opposite = degree % 2 === 1 && n % 2 === 0 ? [n / 2] : []
  const candidates = Array.from({ length: Math.ceil(n / 2) - 1 }, (_, i) => i + 1).filter((o) => !offsets.includes(o))
  const drawn = createRng(seed, `topology:offsets:${n}`).shuffle(candidates)

  return [...offsets, ...drawn.slice(0, Math.floor(degree / 2) - offsets.length), ...opposite]
}
