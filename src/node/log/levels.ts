import { InvalidConfigError } from '../../interface/errors.ts'
import { LOG_LEVELS, LOG_PARTS, type LogLevel } from '../../interface/log.ts'
import { nearestWord } from '../../interface/nearest-word.ts'

/** A level, or nothing at all. */
export type Threshold = LogLevel | 'silent'

export const THRESHOLDS: readonly Threshold[] = ['silent', ...LOG_LEVELS]

/** What is logged: by scope, the rest under `all`. */
export type LogLevels = Readonly<Record<string, Threshold>> & { readonly all: Threshold }

const MAX_SCOPES = 32
const SCOPE = /^([a-z]+)(:[a-z\d-]{1,32}){0,2}$/

/**
 * `info`, `gossip=debug`, or both: `info,gossip=debug,node:pause=silent`. What is named later counts more.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseLogLevels(text: string): LogLevels {
  let levels: LogLevels = { all: 'info' }
  for (const item of text.split(',').map((each) => each.trim())) {
    const [scope, level] = item.includes('=') ? item.split('=', 2) : ['all', item]
    levels = withLevel(levels, scope!, checkLevel(level!))
  }

  return levels
}

/**
 * The levels with another one for a scope; `all` stands for every scope, those with a level of their own included.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID for a scope that is none
 */
export function withLevel(levels: LogLevels, scope: string, level: Threshold): LogLevels {
  checkScope(scope)
  if (scope === 'all') return { all: level }
  if (Object.keys(levels).length > MAX_SCOPES)
    throw new InvalidConfigError(`more than ${MAX_SCOPES} scopes with a level`)

  return { ...levels, [scope]: level }
}

export function printLogLevels({ all, ...others }: LogLevels): string {
  return [all, ...Object.entries(others).map(([scope, level]) => `${scope}=${level}`)].join(',')
}

/** A part of the node, a place in it (`gossip:dialer`), or `all`. */
function checkScope(scope: string): void {
  const part = SCOPE.exec(scope)?.[1] ?? ''
  if (scope !== 'all' && !LOG_PARTS.some((each) => each === part))
    throw unknown('part of the log', scope, ['all', ...LOG_PARTS])
}

function checkLevel(level: string): Threshold {
  const known = THRESHOLDS.find((each) => each === level)
  if (known !== undefined) return known

  throw unknown('log level', level, THRESHOLDS)
}

/** Does a line of this level and scope get through? The longest name that the scope begins with decides. */
export function passes(levels: LogLevels, scope: string, level: LogLevel): boolean {
  let threshold: Threshold | undefined
  for (
    let name = scope;
    threshold === undefined && name !== '';
    name = name.slice(0, Math.max(0, name.lastIndexOf(':')))
  ) {
    threshold = Object.hasOwn(levels, name) ? levels[name] : undefined
  }

  return THRESHOLDS.indexOf(level) <= THRESHOLDS.indexOf(threshold ?? levels.all)
}

function unknown(what: string, word: string, words: readonly string[]): InvalidConfigError {
  const meant = nearestWord(word, words)
  const hint = meant === undefined ? `: one of ${words.join(', ')}` : `; did you mean "${meant}"?`

  return new InvalidConfigError(`"${word.slice(0, 64)}" is no ${what}${hint}`)
}
