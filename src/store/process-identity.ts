import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Tells a process from every other one, as far as the system lets it be told. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in ticks since the machine did; 0 where the system does not say. */
  readonly startTicks: string
  /** Of the machine's current start; 0 where the system does not say. */
  readonly boot: string
  /** Of the machine's name: a container has its own. */
  readonly host: string
  /** Of the numbers of processes: containers have their own, as a rule; 0 where the system does not say. */
  readonly pidNamespace: string
}

/** `foreign`: of a machine or container that can't be looked at from here. */
export type Liveness = 'alive' | 'dead' | 'foreign'

const UNKNOWN = '0'
const HASH_DIGITS = 8
/** Of the machine itself, on every Linux: `PROC_PID_INIT_INO`. */
const MACHINE = '4026531836'

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTicks: statOf('self')?.startTicks ?? UNKNOWN,
    boot: bootId(),
    host: shortHash(hostname()),
    pidNamespace: pidNamespace()
  }
}

/** By number and start: a number alone may be another process's by now. Nothing here depends on time that passes. */
export function livenessOf(other: ProcessIdentity, own: ProcessIdentity): Liveness {
  const { pid, startTicks, boot } = other
  const hasSameName = other.host === own.host
  const isSameStart = boot === own.boot && boot !== UNKNOWN
  const areKnown = other.pidNamespace !== UNKNOWN && own.pidNamespace !== UNKNOWN
  if (isSameStart && areKnown) {
    if (other.pidNamespace !== own.pidNamespace) return betweenNamespaces(other, own)
  } else if (!hasSameName) return 'foreign'
  if (boot !== own.boot) return 'dead'
  const stat = statOf(pid)
  if (stat === undefined) return isNumberTaken(pid) ? 'alive' : 'dead'
  // Z, X: killed, and nobody has asked how it ended
  if (stat.state === 'Z' || stat.state === 'X') return 'dead'

  return startTicks === UNKNOWN || stat.startTicks === startTicks ? 'alive' : 'dead'
}

/**
 * On one machine, where neither can see the other. A container that is started again has its name again, and other numbers:
 * then what had them before is gone. From a container to the machine itself, or back, nothing can be known.
 */
function betweenNamespaces(other: ProcessIdentity, own: ProcessIdentity): Liveness {
  const isMachine = [other, own].some(({ pidNamespace }) => pidNamespace === MACHINE)

  return !isMachine && other.host === own.host ? 'dead' : 'foreign'
}

/** Fields 3 and 22 of proc(5); undefined for what is not there, hidden, or another system than Linux. */
function statOf(pid: number | 'self'): { state: string; startTicks: string } | undefined {
  const text = readSystemFile(`/proc/${pid}/stat`)
  // the second field is the program's name in brackets, which may hold anything
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields?.[0], fields?.[19]]

  return state === undefined || startTicks === undefined ? undefined : { state, startTicks }
}

function isNumberTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function bootId(): string {
  const id = readSystemFile('/proc/sys/kernel/random/boot_id')?.trim()

  return id === undefined ? UNKNOWN : shortHash(id)
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? UNKNOWN
  } catch {
    return UNKNOWN
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS)
}

function readSystemFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
