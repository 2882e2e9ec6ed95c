import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Finding } from './life.ts'

/** What a stopped daemon must not leave: half-written files, locks, sockets, and what leads clients to it. */
const LEFT_BEHIND = /\.(draft|lock|sock|token)$|^lock\b|^control\.json$|^running\/[^/]+\.json$/
/** Of `/proc/net/tcp`: a socket that listens. */
const LISTEN = '0A'

export interface LeftoversInit {
  /** Process groups of all daemons that ever ran. */
  pids: readonly number[]
  /** TCP ports that they listened on. */
  ports: readonly number[]
  /** With all their data folders in it. */
  folder: string
  /** That crashed and never came back: what they left is for their next start to remove. */
  crashed?: readonly { pid: number; folder: string }[]
}

/** What is left when all daemons have ended: nothing, if they keep their promise. */
export function findLeftovers({ pids, ports, folder, crashed = [] }: LeftoversInit): Finding[] {
  const processes = pids.filter(isAlive).map((pid) => `process group ${pid} is still there`)
  const listening = listeningPorts(read('/proc/net/tcp') + read('/proc/net/tcp6'))
  const sockets = ports.filter((port) => listening.has(port)).map((port) => `port ${port} still listens`)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => LEFT_BEHIND.test(name.split('/').slice(-2).join('/')) || LEFT_BEHIND.test(basename(name)))
    .filter((name) => !crashed.some((one) => isOf(one, join(folder, name))))
    .map((name) => `${join(folder, name)} is left`)

  return [...processes, ...sockets, ...files].map((text) => ({ promise: 'leftovers', text }))
}

function isOf({ pid, folder }: { pid: number; folder: string }, path: string): boolean {
  return path.startsWith(`${folder}/`) || basename(path).startsWith(`${pid}-`)
}

/** From the text of `/proc/net/tcp` and `/proc/net/tcp6`. */
export function listeningPorts(table: string): Set<number> {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/))

  return new Set(
    rows
      .filter((row) => row[3] === LISTEN)
      .map((row) => Number.parseInt(row[1]!.slice(row[1]!.lastIndexOf(':') + 1), 16))
  )
}

/** Whether a process of the group is: one that the daemon itself started counts. */
function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch {
    return false
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // a system without IPv6
  }
}
