import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { CodedError } from '../interface/errors.ts'
import { WaitTimeoutError } from '../interface/waits.ts'
import type { Host } from './host.ts'
import { WALL_PROGRESS } from './network-key.ts'

/** What libp2p and the wall of a private network tell of a dial once somebody has answered. */
const ANSWERED: ReadonlySet<string> = new Set(['upgrader:encrypt-outbound-connection', WALL_PROGRESS])

const POSSIBLE_REASONS =
  'does the other side have a network key, or another one? Does it keep this address or this node out, or is it no node?'

/** When it was not the other side that did not want to, by the names of libp2p's errors. */
const OWN_REASONS: Readonly<Record<string, string>> = {
  InvalidPeerIdError: 'it is this node itself',
  ConnectionInterceptedError: 'this node keeps that peer out',
  DialDeniedError: 'this node keeps that peer out'
}

/** One try to connect to an address, which knows how far it came. */
export class Dial {
  readonly #host: Host
  readonly #address: string
  #isAnswered = false

  constructor(host: Host, address: string) {
    this.#host = host
    this.#address = address
  }

  run(signal: AbortSignal): Promise<Connection> {
    const onProgress = ({ type }: { type: string }): void => {
      if (ANSWERED.has(type)) this.#isAnswered = true
    }

    return this.#host.dial(multiaddr(this.#address), { signal, onProgress })
  }

  /**
   * What a try failed with, in our words: ERR_HANDSHAKE_FAILED when somebody answered and no encrypted connection came of
   * it, else ERR_DIAL_FAILED, or the wait that ended it.
   */
  explain(cause: unknown): unknown {
    const own = OWN_REASONS[nameOf(cause)]
    if (own !== undefined) return this.#failed(`${this.#address} is not dialled: ${own}`, cause)
    if (this.#isAnswered) {
      const message = `${this.#address} answers, and there was no handshake: ${POSSIBLE_REASONS}`
      return new CodedError('ERR_HANDSHAKE_FAILED', message, { cause: nameOf(cause) }, { cause })
    }
    if (cause instanceof WaitTimeoutError || cause instanceof CodedError) return cause

    return this.#failed(`could not connect to ${this.#address}`, cause)
  }

  #failed(message: string, cause: unknown): CodedError {
    return new CodedError('ERR_DIAL_FAILED', message, { cause: nameOf(cause) }, { cause })
  }
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : 'unknown'
}
