import { RejectedError } from '../../interface/errors.ts'
import type { Peer } from '../../interface/network.ts'
import { isBug } from '../bug.ts'

export interface ForgiveInit {
  signal: AbortSignal
  onRejected: (peer: Peer, error: RejectedError) => void
}

/**
 * What may fail between two nodes is no reason to end; a rule broken is reported.
 *
 * @throws the signal's reason when it has aborted; mistakes in this program
 */
export function forgive(peer: Peer, error: unknown, { signal, onRejected }: ForgiveInit): void {
  if (signal.aborted) throw signal.reason
  if (isBug(error)) throw error
  if (error instanceof RejectedError) onRejected(peer, error)
}
