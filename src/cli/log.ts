import type { Log } from '../node/node.ts'

const ORDER = ['debug', 'info', 'warn', 'error'] as const

/** Lines on standard error: readable ones, or JSON. */
export function createLog({ level, json }: { level: (typeof ORDER)[number]; json: boolean }): Log {
  const from = ORDER.indexOf(level)

  return (at, message, fields) => {
    if (ORDER.indexOf(at) < from) return

    const time = new Date().toISOString()
    const line = json
      ? JSON.stringify({ time, level: at, message, ...fields })
      : `${time} ${at.padEnd(5)} ${message}${describeFields(fields)}`
    process.stderr.write(`${line}\n`)
  }
}

function describeFields(fields: Readonly<Record<string, string | number>>): string {
  return Object.entries(fields)
    .map(([name, value]) => ` ${name}=${value}`)
    .join('')
}
