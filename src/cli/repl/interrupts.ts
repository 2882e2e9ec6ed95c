import type { REPLServer } from 'node:repl'

/**
 * What Ctrl-C does first: each handler is asked in turn, and the first that had something to end says so. When none had,
 * it does what it does at Node's prompt: clears the line, and the second time leaves.
 */
export function onInterrupt(server: REPLServer, handlers: readonly (() => boolean)[]): void {
  const usual = server.listeners('SIGINT') as (() => void)[]
  server.removeAllListeners('SIGINT')
  server.on('SIGINT', () => {
    if (handlers.some((handler) => handler())) return
    for (const listener of usual) listener.call(server)
  })
}
