import type { LogLevel } from '../../interface/log.ts'

const COLOURS: Readonly<Record<LogLevel, string>> = { error: '31', warn: '33', info: '36', debug: '90' }
/** What every line has, in a place of its own. */
const OWN_FIELDS = new Set(['time', 'level', 'scope', 'message'])

/**
 * A line for people out of a line for programs: `12:04:31 warn  gossip   peer refused for a while code=ERR_...`.
 *
 * @param isTerminal - with colours, and without the date
 */
export function textLine(json: string, { isTerminal }: { isTerminal: boolean }): string {
  const record = JSON.parse(json) as Readonly<Record<string, unknown>>
  const { time = '', level = '', scope = '', message = '' } = record as Readonly<Record<string, string>>
  const fields = Object.entries(record).filter(([name]) => !OWN_FIELDS.has(name))
  const said = fields.map(([name, value]) => ` ${name}=${value}`).join('')
  const colour = isTerminal ? COLOURS[level as LogLevel] : undefined
  const named = colour === undefined ? level.padEnd(5) : `\u001b[${colour}m${level.padEnd(5)}\u001b[0m`

  return `${isTerminal ? clockOf(time) : time} ${named} ${scope.padEnd(8)} ${oneLine(message + said)}\n`
}

/** Nothing that a terminal would obey, and nothing that looks like a line of its own. */
function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' | ').replaceAll(/\p{Cc}/gu, '?')
}

/** Time of day, in this machine's zone. */
function clockOf(time: string): string {
  return new Date(time).toTimeString().slice(0, 8)
}
