import type { CompleterResult } from 'node:readline'
import type { REPLServer } from 'node:repl'
import { complete } from './completer.ts'

type Callback = (error: Error | null, result?: CompleterResult) => void

/** Tab offers what the API has first, and then what JavaScript has. */
export function onTab(
  server: REPLServer,
  sources: { names: readonly string[]; peers: () => Promise<readonly string[]> }
): void {
  const usual = server.completer as (line: string, done: Callback) => void
  const completer = (line: string, done: Callback): void => {
    complete(line, sources).then(
      (completion) => (completion === undefined ? usual.call(server, line, done) : done(null, completion)),
      (error: Error) => done(error)
    )
  }
  Object.assign(server, { completer })
}
