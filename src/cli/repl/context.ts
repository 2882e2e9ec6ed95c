import type { REPLServer } from 'node:repl'
import type { Api } from './api.ts'
import { SETTLE, type Settle, settled } from './settle.ts'

/** Makes the API and the waiting for expressions part of a REPL, also after `.clear`. */
export function equip(server: REPLServer, api: Api, settle: Settle): void {
  const install = (context: REPLServer['context']): void => {
    for (const [name, value] of Object.entries(api)) {
      // writable: who wants a variable of that name shall have it
      Object.defineProperty(context, name, { value, configurable: true, enumerable: true, writable: true })
    }
    Object.defineProperty(context, SETTLE, { value: settle })
  }
  install(server.context)
  server.on('reset', install)

  const evaluate = server.eval
  const evaluateSettled: typeof evaluate = (code, context, file, done) =>
    evaluate.call(server, settled(code), context, file, done)
  Object.assign(server, { eval: evaluateSettled })
}
