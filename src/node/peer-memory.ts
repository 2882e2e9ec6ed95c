import { basename, dirname } from 'node:path'
import type { Clock } from '../interface/clock.ts'
import { CodedError } from '../interface/errors.ts'
import type { Log } from '../interface/log.ts'
import type { Startable } from '../interface/startable.ts'
import { MAX_KEPT_ADDRESSES, readPeers, writePeers } from '../store/peers.ts'
import { setAside, sweepDrafts } from '../store/whole-file.ts'

export interface PeerMemoryComponents {
  clock: Clock
  log: Log
}

/** How often to look whether there is news. */
const LOOK_MS = 10_000

/**
 * Addresses at which a node met peers, kept through restarts, so that it finds its swarm again without being told. No
 * failure here ends a node.
 */
export class PeerMemory implements Startable {
  readonly #components: PeerMemoryComponents
  readonly #path: string
  #kept: readonly string[] = []
  #written = ''
  /** Of the network, once there is one; the latest first. */
  #met: () => readonly string[] = () => []
  #loop: { stop: AbortController; ended: Promise<void> } | undefined

  /** @param path - of its file */
  constructor(components: PeerMemoryComponents, path: string) {
    this.#components = components
    this.#path = path
  }

  /** Where peers were met in earlier lives; nothing when that can't be read. */
  async load(): Promise<readonly string[]> {
    const { log } = this.#components
    await sweepDrafts(dirname(this.#path), basename(this.#path))
    try {
      this.#kept = await readPeers(this.#path)
    } catch (error) {
      const code = error instanceof CodedError ? error.code : ((error as NodeJS.ErrnoException).code ?? 'unknown')
      log('warn', `${this.#path}: ${(error as Error).message}; the peers of earlier runs are forgotten`, { code })
      if (error instanceof CodedError) await setAside(this.#path).catch(() => undefined)
    }
    this.#written = this.#kept.join()

    return this.#kept
  }

  /** From now on these are kept. */
  watch(met: () => readonly string[]): void {
    this.#met = met
  }

  async start(): Promise<void> {
    if (this.#loop !== undefined) return

    const stop = new AbortController()
    this.#loop = { stop, ended: this.#saveNowAndThen(stop.signal) }
  }

  /** Call while the network still runs: who is connected is kept. */
  async stop(): Promise<void> {
    const loop = this.#loop
    if (loop === undefined) return

    this.#loop = undefined
    loop.stop.abort()
    await loop.ended
    await this.#save()
  }

  async #saveNowAndThen(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#components.clock.sleep(LOOK_MS, { signal })
      } catch {
        return // stopped: the only reason for which a sleep ends early
      }
      await this.#save()
    }
  }

  async #save(): Promise<void> {
    this.#kept = [...new Set([...this.#met(), ...this.#kept])].slice(0, MAX_KEPT_ADDRESSES)
    const key = this.#kept.join()
    if (key === this.#written) return

    try {
      await writePeers(this.#path, this.#kept)
      this.#written = key
    } catch (error) {
      const { message, code = 'unknown' } = error as NodeJS.ErrnoException
      this.#components.log('warn', `the addresses of peers can't be written: ${message}`, { path: this.#path, code })
    }
  }
}
