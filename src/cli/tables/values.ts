import { shortPeer } from '../format.ts'

/** How single values look in tables: with their units, and null where nothing is known. */

/** `1 peer`, `2 peers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function integer(value: number | null): string | null {
  return value === null ? null : value.toFixed(0)
}

/** Three digits after the point; exponents where that would hide the number. */
export function decimal(value: number | null): string | null {
  if (value === null) return null

  return value !== 0 && (Math.abs(value) < 0.001 || Math.abs(value) >= 1e6) ? value.toExponential(2) : value.toFixed(3)
}

/** `12 ms`, `3.4 s`, `5 min 3 s`, `2 h 11 min`, `4 d 6 h`: two parts at most. */
export function duration(seconds: number | null): string | null {
  if (seconds === null) return null
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`

  return longDuration(Math.round(seconds))
}

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400

function longDuration(seconds: number): string {
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${seconds % MINUTE} s`
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`

  return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`
}

export function milliseconds(ms: number | null): string | null {
  return ms === null ? null : duration(ms / 1000)
}

/** The same in one part, for narrow columns: `12 s`, `61 min`, `26 h`, `4 d`. */
export function roughDuration(seconds: number): string {
  if (seconds < 99.5) return `${Math.round(seconds)} s`
  if (seconds < 99.5 * MINUTE) return `${Math.round(seconds / MINUTE)} min`
  if (seconds < 2 * DAY) return `${Math.round(seconds / HOUR)} h`

  return `${Math.round(seconds / DAY)} d`
}

/** Of a moment, in this machine's time zone: `14:03:09`. */
export function timeOfDay(iso: string): string {
  return new Date(iso).toTimeString().slice(0, 8)
}

/** `2026-11-28 14:03:09`. */
export function dateAndTime(iso: string): string {
  const at = new Date(iso)
  const two = (part: number): string => String(part).padStart(2, '0')

  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${timeOfDay(iso)}`
}

/** The first few of many peers, and how many more. */
export function peerList(peers: readonly string[], most = 4): string | null {
  if (peers.length === 0) return null
  const more = peers.length > most ? ` and ${peers.length - most} more` : ''

  return peers.slice(0, most).map(shortPeer).join(' ') + more
}

/** `192.0.2.7:41031`, of a multiaddr of that kind; others as they are, without the peer id at their end. */
export function shortAddress(address: string): string {
  const [, four, six, port] = /^\/(?:ip4\/([\d.]+)|ip6\/([\da-f:]+))\/tcp\/(\d+)(?:\/p2p\/[^/]+)?$/i.exec(address) ?? []
  if (port === undefined) return bareAddress(address)

  return `${four ?? `[${six}]`}:${port}`
}

/** An address without the peer id at its end, which a table has in a column of its own. */
export function bareAddress(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}
