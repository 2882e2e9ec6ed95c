import type { Unsubscribe } from '../interface/network.ts'

/** What libp2p throws where a stream or its connection has gone meanwhile. */
const NAMES: ReadonlySet<string> = new Set([
  'ConnectionClosedError',
  'ConnectionClosingError',
  'MuxerClosedError',
  'StreamAbortedError',
  'StreamResetError',
  'StreamStateError'
])
const FOREIGN = /node_modules[/\\]@(?:libp2p|chainsafe)[/\\]/

/** Is it about a stream that has gone, and was it thrown by libp2p's own code? */
export function isLateStreamError(error: unknown): error is Error {
  if (!(error instanceof Error) || !NAMES.has(error.name)) return false
  const thrownAt = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '))

  return thrownAt !== undefined && FOREIGN.test(thrownAt)
}

/**
 * Keeps the process alive when libp2p throws out of a callback of its own, where nobody can catch it: Yamux opens a
 * stream in a microtask, and by then a peer that is shut out, or leaves, may have taken the connection with it. Whoever
 * wanted the stream learns of it by its own error. Every other uncaught error ends the process as before.
 */
export function outliveLateStreamErrors(onError: (error: Error) => void): Unsubscribe {
  const onUncaught = (error: unknown): void => {
    if (isLateStreamError(error)) {
      onError(error)
      return
    }

    release()
    // out of this listener, with its own stack, to where nobody listens
    queueMicrotask(() => {
      throw error
    })
  }
  const release = (): void => {
    process.off('uncaughtException', onUncaught)
  }
  process.on('uncaughtException', onUncaught)

  return release
}
