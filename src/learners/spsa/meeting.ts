import type { Clock } from '../../interface/clock.ts'
import type { Network, Peer } from '../../interface/network.ts'
import { type WaitRegister, type WaitSpec, WaitTimeoutError } from '../../interface/waits.ts'
import type { Ledger } from '../../spsa/ledger/ledger.ts'
import type { Condition } from '../condition.ts'
import type { UntimedEvent } from '../untimed-event.ts'
import type { LedgerExchange } from './exchange.ts'

export interface MeetingInit {
  network: Network
  clock: Clock
  waits: WaitRegister
  exchange: LedgerExchange
  ledger: Ledger
  changes: Condition
  /** How long to wait for peers that bring nothing new. */
  lingerMs: number
  /** How long to wait in all, whatever they bring. */
  limitMs: number
  /** Takes in what has come: a wait may be long. */
  apply: () => void
  emit: (event: UntimedEvent) => void
}

/** Between two looks at those who have not said that they are through: nothing tells when they are. */
const LOOK_MS = 500

/**
 * The end of a run: waits until every connected peer has written its last projection and has the same set as this node,
 * and knows that this node is through too. Who only listens is asked again and again, all at once; when nothing new has
 * come for long, the rest is not waited for, and after the limit neither are those who write and write.
 *
 * @returns whether all have met
 */
export async function meet(init: MeetingInit, options: { signal: AbortSignal }): Promise<boolean> {
  const { clock, exchange, ledger, changes, lingerMs, limitMs, apply, emit } = init
  const endMs = clock.now() + limitMs
  let { total } = ledger
  let untilMs = Math.min(clock.now() + lingerMs, endMs)
  for (;;) {
    apply()
    if (ledger.total !== total) untilMs = Math.min(clock.now() + lingerMs, endMs)
    total = ledger.total
    const apart = peersApart(init)
    if (apart.length === 0 && (await within(init, untilMs, (signal) => exchange.tellAll(signal), options))) return true
    if (clock.now() >= untilMs) {
      const what = `${apart.length} peers to have the same projections`
      if (apart.length > 0) emit({ event: 'wait:expired', what, from: apart })
      return apart.length === 0
    }
    const spec: WaitSpec = {
      kind: 'projections',
      what: () => `${peersApart(init).length} peers to have the same projections`,
      from: () => peersApart(init),
      timeoutMs: Math.min(LOOK_MS, untilMs - clock.now())
    }
    if (await changes.until(() => peersApart(init).length === 0, spec, { ...options, quiet: true })) continue
    await within(init, untilMs, (signal) => askApart(init, signal), options)
  }
}

async function askApart(init: MeetingInit, signal: AbortSignal): Promise<void> {
  const { network, exchange } = init
  const connected = peersApart(init).filter((peer) => network.peers().includes(peer))
  await Promise.all(connected.map((peer) => exchange.sync(peer, signal)))
}

/** One peer that hangs takes no more than the patience that is left. @returns undefined when it did */
async function within<T>(
  { waits, clock, network }: MeetingInit,
  untilMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  options: { signal: AbortSignal }
): Promise<T | undefined> {
  const timeoutMs = Math.max(untilMs - clock.now(), 0)
  try {
    return await waits.run(
      { kind: 'answer', what: 'answers at the end', from: () => network.peers(), timeoutMs },
      work,
      options
    )
  } catch (error) {
    if (error instanceof WaitTimeoutError && !options.signal.aborted) return undefined
    throw error
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
