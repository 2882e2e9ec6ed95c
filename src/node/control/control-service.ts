import { randomBytes } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CodedError } from '../../interface/errors.ts'
import type { Log } from '../../interface/log.ts'
import type { Startable } from '../../interface/startable.ts'
import { makeFolder } from '../../store/make-folder.ts'
import type { Environment } from '../settings/environment.ts'
import { type ControlEndpoint, type ControlSetting, endpointText } from './endpoint.ts'
import { type NodeRecord, recordPath, writePrivateFile } from './node-record.ts'
import { ensurePrivateFolder, socketPath } from './places.ts'
import { register } from './registry.ts'
import { type ControlAddress, ControlServer, type ControlServerComponents } from './server.ts'

export interface ControlServiceInit {
  setting: ControlSetting
  /** Where clients look for the node. */
  dataDir: string
  env: Environment
  /** Of the record by which clients find it. */
  about: Pick<NodeRecord, 'peer' | 'job' | 'startedAt'>
  log: Log
}

const TOKEN_BYTES = 32

/** The control API of a node in its places: socket, token, and the files by which clients find them. */
export class ControlService implements Startable {
  readonly #components: ControlServerComponents
  readonly #init: ControlServiceInit
  readonly #undo: (() => Promise<unknown>)[] = []
  #endpoint: ControlEndpoint | undefined

  constructor(components: ControlServerComponents, init: ControlServiceInit) {
    this.#components = components
    this.#init = init
  }

  /** Where it listens; undefined when it does not. */
  get endpoint(): ControlEndpoint | undefined {
    return this.#endpoint
  }

  /**
   * A node does not fail because nobody can look into it: what stands in the way of a Unix socket is logged. Rejects
   * with ERR_CONTROL_IN_USE when another node is on this data directory, and with ERR_CONTROL_LISTEN when a TCP port
   * that was asked for is taken.
   */
  async start(): Promise<void> {
    const { setting, log } = this.#init
    if (setting.kind === 'off' || this.#endpoint !== undefined) return
    try {
      await this.#open(setting)
    } catch (error) {
      await this.stop()
      const isFatal = setting.kind === 'tcp' || (error instanceof CodedError && error.code === 'ERR_CONTROL_IN_USE')
      if (isFatal) throw error
      log('error', 'nobody can look into this node: no control socket', { reason: (error as Error).message })
    }
  }

  async stop(): Promise<void> {
    this.#endpoint = undefined
    for (const undo of this.#undo.splice(0).reverse()) await undo().catch(() => undefined)
  }

  async #open(setting: Exclude<ControlSetting, { kind: 'off' }>): Promise<void> {
    const { dataDir, log } = this.#init
    await makeFolder(dataDir, 0o700)
    const address = await this.#address(setting)
    const server = new ControlServer(this.#components, address)
    await server.start()
    this.#undo.push(() => server.stop())
    this.#endpoint = address.kind === 'unix' ? address : { ...address, port: server.port }
    await this.#announce(this.#endpoint)
    log('debug', 'control API listens', { at: endpointText(this.#endpoint) })
  }

  async #address(setting: Exclude<ControlSetting, { kind: 'off' }>): Promise<ControlAddress> {
    const { dataDir, env } = this.#init
    if (setting.kind === 'tcp') return { ...setting, token: randomBytes(TOKEN_BYTES).toString('base64url') }

    const path = socketPath(dataDir, env)
    if (dirname(path) !== resolve(dataDir)) await ensurePrivateFolder(dirname(path))

    return { kind: 'unix', path }
  }

  async #announce(endpoint: ControlEndpoint): Promise<void> {
    const { dataDir, env, about, log } = this.#init
    const control = await this.#publicPart(endpoint)
    const record: NodeRecord = { pid: process.pid, ...about, dataDir: resolve(dataDir), control }
    await writePrivateFile(recordPath(dataDir), `${JSON.stringify(record)}\n`)
    this.#undo.push(() => unlink(recordPath(dataDir)))
    try {
      this.#undo.push(await register(record, env))
    } catch (error) {
      const reason = (error as Error).message
      log('warn', 'not on the list of running nodes: clients find it by --data-dir or STARLING_DATA_DIR', { reason })
    }
  }

  async #publicPart(endpoint: ControlEndpoint): Promise<NodeRecord['control']> {
    if (endpoint.kind === 'unix') return endpoint

    const { token, ...where } = endpoint
    const tokenFile = join(resolve(this.#init.dataDir), 'control.token')
    await writePrivateFile(tokenFile, `${token}\n`)
    this.#undo.push(() => unlink(tokenFile))

    return { ...where, tokenFile }
  }
}
