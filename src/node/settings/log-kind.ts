import { type LogLevels, parseLogLevels, printLogLevels } from '../log/levels.ts'
import type { Kind } from './kind.ts'

/** What is logged. */
export const logLevels: Kind<LogLevels> = {
  form: 'silent, error, warn, info or debug; by part: info,gossip=debug',
  parse: (text) => parseLogLevels(text),
  print: printLogLevels
}
