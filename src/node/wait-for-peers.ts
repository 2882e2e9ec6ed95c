import { CodedError } from '../interface/errors.ts'
import type { Log } from '../interface/log.ts'
import type { Network } from '../interface/network.ts'
import type { AbortOptions } from '../interface/startable.ts'
import { type WaitRegister, WaitTimeoutError } from '../interface/waits.ts'
import type { NodeEventSink } from './events.ts'
import { systemClock } from './system-clock.ts'

export interface WaitForPeersInit {
  network: Network
  waits: WaitRegister
  /** So many of them. */
  awaitPeers: number
  /** How long to wait. */
  awaitMs: number
  emit: NodeEventSink
  log: Log
}

/** How often to look whether everybody is there. */
const POLL_MS = 20

/**
 * Waits for peers before the first round, and goes on with whoever is there at the deadline.
 *
 * @throws {CodedError} ERR_NETWORK_ALONE when nobody is
 */
export async function waitForPeers(init: WaitForPeersInit, options: AbortOptions): Promise<void> {
  const { network, waits, awaitPeers, awaitMs, emit, log } = init
  const missing = (): number => awaitPeers - network.peers().length
  const what = (): string => `${missing()} of ${awaitPeers} peers to join`
  const spec = { kind: 'peers' as const, what, from: [], timeoutMs: awaitMs }
  const joined = async (signal: AbortSignal): Promise<void> => {
    while (missing() > 0 && !signal.aborted) await systemClock.sleep(POLL_MS, { signal })
  }
  try {
    await waits.run(spec, joined, options)
  } catch (error) {
    if (!(error instanceof WaitTimeoutError)) throw error
    log('warn', error.message, { missing: missing() })
    if (missing() === awaitPeers) throw new CodedError('ERR_NETWORK_ALONE', `${error.message}: nobody is there`)
    // by the clock of a learner that has not begun
    emit({ event: 'wait:expired', ms: 0, what: what(), from: [], bytes: network.traffic() })
  }
}
