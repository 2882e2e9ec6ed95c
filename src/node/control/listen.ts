import { lstat, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { reasonOf } from '../../gossip/listen-error.ts'
import { CodedError } from '../../interface/errors.ts'
import { describeSystemError } from '../../interface/system-error.ts'

/** For a socket to say whether anybody listens; on this machine that is known at once. */
const PROBE_MS = 2_000
/** Only the owner. */
const SOCKET_UMASK = 0o177

/**
 * Listens on a Unix socket of mode 0600. One that a killed process has left behind is replaced.
 *
 * @throws {CodedError} ERR_CONTROL_IN_USE when a process listens there; ERR_CONTROL_LISTEN
 */
export async function listenUnix(server: Server, path: string): Promise<void> {
  try {
    await bindPrivately(server, path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cannotListen(path, cause)
    if (await socketAnswers({ path })) {
      throw new CodedError('ERR_CONTROL_IN_USE', `another node listens on ${path}; give each a data directory`)
    }
    await replaceStale(server, path, cause)
  }
}

async function replaceStale(server: Server, path: string, cause: unknown): Promise<void> {
  try {
    // some other file of this name is somebody's
    if (!(await lstat(path)).isSocket()) throw cause
    await unlink(path)
    await bindPrivately(server, path)
  } catch (error) {
    throw cannotListen(path, error)
  }
}

/**
 * @param setting - that asked for it, for who reads the error
 * @returns the port
 * @throws {CodedError} ERR_CONTROL_LISTEN
 */
export async function listenTcp(
  server: Server,
  { host, port, setting }: { host: string; port: number; setting: '--control' | '--metrics' }
): Promise<number> {
  try {
    await listening(server, () => server.listen({ host, port, exclusive: true }))
  } catch (cause) {
    const where = `${setting} ${host.includes(':') ? `[${host}]` : host}:${port}`
    throw new CodedError('ERR_CONTROL_LISTEN', `${where}: ${reasonOf((cause as Error).message)}`, {}, { cause })
  }
  const address = server.address()

  return typeof address === 'object' && address !== null ? address.port : port
}

/** Does a process listen on this socket? */
export function socketAnswers(where: { path: string } | { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...where, timeout: PROBE_MS })
    const settle = (isThere: boolean) => () => {
      socket.destroy()
      resolve(isThere)
    }
    // one too busy to answer in time is there
    socket.on('connect', settle(true)).on('timeout', settle(true)).on('error', settle(false))
  })
}

/** The mask is in force for the bind alone, which is done before `listen` returns. */
function bindPrivately(server: Server, path: string): Promise<void> {
  return listening(server, () => {
    const before = process.umask(SOCKET_UMASK)
    try {
      server.listen({ path })
    } finally {
      process.umask(before)
    }
  })
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onListening = (): void => {
      server.off('error', onError)
      resolve()
    }
    const onError = (error: Error): void => {
      server.off('listening', onListening)
      reject(error)
    }
    server.once('listening', onListening).once('error', onError)
    listen()
  })
}

function cannotListen(where: string, cause: unknown): CodedError {
  return new CodedError('ERR_CONTROL_LISTEN', `cannot listen on ${where}: ${describeSystemError(cause)}`, {}, { cause })
}
