import type { Clock } from '../../interface/clock.ts'
import type { Network, Peer } from '../../interface/network.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'
import type { Condition } from '../condition.ts'
import type { UntimedEvent } from '../untimed-event.ts'
import type { LedgerExchange } from './exchange.ts'

export interface MeetingInit {
  network: Network
  clock: Clock
  exchange: LedgerExchange
  ledger: Ledger
  changes: Condition
  /** How long to wait for peers that bring nothing new. */
  lingerMs: number
  /** Takes in what has come: a wait may be long. */
  apply: () => void
  emit: (event: UntimedEvent) => void
}

/** Between two looks at those who have not said that they are through: nothing tells when they are. */
const LOOK_MS = 500

/**
 * The end of a run: waits until every connected peer has written its last projection and has the same set as this node,
 * and knows that this node is through too. Who only listens is asked again and again; when nothing new has come for
 * long, the rest is not waited for.
 *
 * @returns whether all have met
 */
export async function meet(init: MeetingInit, options: { signal: AbortSignal }): Promise<boolean> {
  const { network, clock, exchange, ledger, changes, lingerMs, apply, emit } = init
  let { total } = ledger
  let newsMs = clock.now()
  for (;;) {
    apply()
    const apart = peersApart(init)
    if (apart.length === 0 && (await exchange.tellAll(options.signal))) return true
    if (clock.now() - newsMs >= lingerMs) {
      emit({ event: 'wait:expired', what: `${apart.length} peers to have the same projections`, from: apart })
      return false
    }
    const spec = {
      what: () => `${peersApart(init).length} peers to have the same projections`,
      from: () => peersApart(init),
      timeoutMs: LOOK_MS
    }
    if (await changes.until(() => peersApart(init).length === 0, spec, { ...options, quiet: true })) continue
    for (const peer of peersApart(init)) {
      if (network.peers().includes(peer)) await exchange.sync(peer, options.signal)
    }
    if (ledger.total !== total) newsMs = clock.now()
    total = ledger.total
  }
}

/**
 * Connected peers that still write, or have another set; when nobody is connected, the authors of other logs, unless
 * somebody went who had the same: whoever is cut off has met nobody.
 */
function peersApart({ network, exchange, ledger }: MeetingInit): Peer[] {
  const peers = network.peers()
  if (peers.length === 0) {
    return exchange.hasMet ? [] : ledger.states.flatMap(({ author }) => (author === network.self ? [] : [author]))
  }

  return peers.filter((peer) => {
    const standing = exchange.standingOf(peer)

    return standing === undefined || !standing.isFinished || standing.setHash !== ledger.setHash
  })
}
