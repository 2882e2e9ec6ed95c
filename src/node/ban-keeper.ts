import { isIP } from 'node:net'
import { basename, dirname } from 'node:path'
import type { Bans } from '../gossip/network.ts'
import { plainIp } from '../gossip/remote-host.ts'
import type { Ban } from '../interface/ban.ts'
import { CodedError, InvalidConfigError } from '../interface/errors.ts'
import type { Log } from '../interface/log.ts'
import type { Peer } from '../interface/network.ts'
import type { Startable } from '../interface/startable.ts'
import {
  BanFileError,
  banFilePath,
  isBannable,
  MAX_BANS,
  MAX_REASON_CHARS,
  readBans,
  writeBans
} from '../store/ban-file.ts'
import { setAside, sweepDrafts } from '../store/whole-file.ts'

export interface BanKeeperComponents {
  /** Unix time in ms. */
  wallClock: () => number
  /** Resolves after so many ms; rejects when aborted. */
  sleep: (delayMs: number, options: { signal: AbortSignal }) => Promise<void>
  log: Log
  /** Shut out from now on: connections are closed, and what the peer has done is undone where that can be. */
  onBanned: (ban: Ban) => void
  /** No longer: taken back, or over. */
  onLifted: (who: string) => void
}

export interface BanOptions {
  /** @default '' */
  reason?: string
  /** @default until it is taken back */
  seconds?: number
}

/** How soon a ban that is over is noticed. */
const LOOK_MS = 1000

/**
 * Whom the operator of this node has shut out, by name or by address: at once, and over restarts. No failure of the disk
 * ends a node or a ban: it is told, and the ban holds until the node stops.
 */
export class BanKeeper implements Bans, Startable {
  readonly #components: BanKeeperComponents
  readonly #path: string | undefined
  readonly #bans = new Map<string, Ban>()
  #running: AbortController | undefined
  /** Writes one after another: the last one to begin is the last one to end. */
  #written: Promise<void> = Promise.resolve()
  /** What is on disk may be good, and this process could not read it: it is not written over. */
  #isReadOnly = false

  /** @param dataDir - where they are kept. @default nowhere */
  constructor(components: BanKeeperComponents, dataDir?: string) {
    this.#components = components
    this.#path = dataDir === undefined ? undefined : banFilePath(dataDir)
  }

  /** Takes up those of an earlier life; call it before the network starts. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return

    this.#running = new AbortController()
    for (const ban of await this.#read()) this.#bans.set(ban.who, ban)
    this.#loop(this.#running.signal).catch(() => undefined) // only the abort of `stop` ends it
  }

  async stop(): Promise<void> {
    this.#running?.abort(new Error('bans are no longer kept'))
    this.#running = undefined
    await this.#written
  }

  isBanned(peer: Peer): boolean {
    return this.#holds(peer)
  }

  isBannedAddress(ip: string): boolean {
    return this.#holds(ip)
  }

  /** Those that hold, the oldest first. */
  list(): Ban[] {
    return [...this.#bans.values()].filter(({ who }) => this.#holds(who))
  }

  of(who: string): Ban | undefined {
    return this.#holds(who) ? this.#bans.get(canonical(who)) : undefined
  }

  /**
   * Shuts a peer or an address out, at once; another ban of the same one replaces it. Resolves when it is on disk.
   *
   * @param name - a peer id, or an IP address however it is written
   * @throws {InvalidConfigError} ERR_CONFIG_INVALID; {CodedError} ERR_BANS_FULL, or ERR_BANS_UNWRITABLE: then it holds
   * until the node stops
   */
  async ban(name: string, { reason = '', seconds }: BanOptions = {}): Promise<Ban> {
    if (!isBannable(name)) throw new InvalidConfigError(`"${name}" is neither a peer id nor an IP address`)
    if (name.includes('%')) throw new InvalidConfigError(`"${name}": ban it without the zone, %…`)
    if (reason.length > MAX_REASON_CHARS)
      throw new InvalidConfigError(`a reason of at most ${MAX_REASON_CHARS} characters`)
    const who = canonical(name)
    if (this.#bans.size >= MAX_BANS && !this.#bans.has(who)) {
      throw new CodedError('ERR_BANS_FULL', `${MAX_BANS} bans are as many as a node keeps`)
    }
    const { wallClock, onBanned } = this.#components
    const sinceMs = wallClock()
    const ban: Ban = { who, reason, sinceMs, untilMs: seconds === undefined ? null : sinceMs + 1000 * seconds }
    this.#bans.delete(who)
    this.#bans.set(who, ban)
    onBanned(ban)
    await this.#write()

    return ban
  }

  /**
   * Takes a ban back. Resolves when that is on disk, with whether there was one.
   *
   * @throws {CodedError} ERR_BANS_UNWRITABLE: then it comes back when the node starts again
   */
  async unban(name: string): Promise<boolean> {
    const who = canonical(name)
    if (!this.#bans.delete(who)) return false

    this.#components.onLifted(who)
    await this.#write()
    return true
  }

  #holds(who: string): boolean {
    const ban = this.#bans.get(canonical(who))

    return ban !== undefined && (ban.untilMs === null || this.#components.wallClock() < ban.untilMs)
  }

  async #read(): Promise<Ban[]> {
    if (this.#path === undefined) return []
    const { log } = this.#components
    this.#isReadOnly = false
    await sweepDrafts(dirname(this.#path), basename(this.#path))
    try {
      return (await readBans(this.#path)).map((ban) => ({ ...ban, who: canonical(ban.who) }))
    } catch (error) {
      const isSpoilt = error instanceof BanFileError
      const code = isSpoilt ? error.code : 'ERR_BANS_UNREADABLE'
      const remedy = isSpoilt ? '' : ', and the file stays as it is: see that it can be read, and start again'
      log('error', `bans ${this.#path}: ${(error as Error).message}; nobody is banned${remedy}`, { code })
      if (isSpoilt) await this.#setAside(this.#path)
      else this.#isReadOnly = true

      return []
    }
  }

  async #setAside(path: string): Promise<void> {
    const { log } = this.#components
    try {
      log('error', `the file with the bans is kept as ${await setAside(path)}`, {})
    } catch (error) {
      log('error', `and can't be moved: ${(error as Error).message}`, {})
      this.#isReadOnly = true
    }
  }

  #write(): Promise<void> {
    const path = this.#path
    if (path === undefined) return Promise.resolve()

    const written = this.#written.then(async () => {
      if (this.#isReadOnly) throw unwritable(path, 'it could not be read at the start')
      await writeBans(path, this.list()).catch((cause: Error) => {
        throw unwritable(path, cause.message, cause)
      })
    })
    this.#written = written.catch(({ message, code }: CodedError) => this.#components.log('error', message, { code }))

    return written
  }

  async #loop(signal: AbortSignal): Promise<void> {
    const { sleep, onLifted } = this.#components
    for (;;) {
      await sleep(LOOK_MS, { signal })
      const over = [...this.#bans.keys()].filter((who) => !this.#holds(who))
      for (const who of over) {
        this.#bans.delete(who)
        onLifted(who)
      }
      if (over.length > 0) await this.#write().catch(() => undefined) // it has been told
    }
  }
}

/** By which two writings of one address are the same. */
function canonical(who: string): string {
  return isIP(who) === 0 ? who : plainIp(who)
}

function unwritable(path: string, reason: string, cause?: Error): CodedError<'ERR_BANS_UNWRITABLE'> {
  const message = `the bans hold until the node stops; ${path} can't be written: ${reason}`

  return new CodedError('ERR_BANS_UNWRITABLE', message, {}, { cause })
}
