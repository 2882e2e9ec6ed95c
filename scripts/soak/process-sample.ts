import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Sample } from './life.ts'

/** What Linux says of a process in this moment; undefined when it is gone. */
export function sampleProcess(pid: number, seconds: number): Sample | undefined {
  try {
    const rssBytes = residentBytes(readFileSync(`/proc/${pid}/status`, 'utf8'))
    if (rssBytes === undefined) return undefined // a zombie has no memory
    const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`))
    const sockets = targets.filter((target) => target.startsWith('socket:')).length

    return { seconds, rssBytes, sockets, files: targets.length - sockets, starvedSeconds: starvedSeconds(pid) }
  } catch {
    return undefined
  }
}

/**
 * How long the main thread of a process has been ready to run and had no processor, since it began. 0 where the system
 * does not count that.
 */
export function starvedSeconds(pid: number): number {
  try {
    return runDelaySeconds(readFileSync(`/proc/${pid}/schedstat`, 'utf8'))
  } catch {
    return 0
  }
}

/** From the text of `/proc/PID/schedstat`: nanoseconds on a processor, nanoseconds waiting for one, times. */
export function runDelaySeconds(schedstat: string): number {
  return Number(schedstat.split(' ')[1] ?? 0) / 1e9
}

/** From the text of `/proc/PID/status`, which counts in units of 1024 bytes. */
export function residentBytes(status: string): number | undefined {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]

  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return '' // closed meanwhile
  }
}
