import { createHash } from 'node:crypto'
import { chmod, lstat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { CodedError } from '../../interface/errors.ts'
import { makeFolder } from '../../store/make-folder.ts'
import type { Environment } from '../settings/environment.ts'

/** What `sun_path` takes: 104 bytes on macOS, 108 on Linux, the last of them zero. */
const MAX_SOCKET_PATH_BYTES = 103
const OTHERS = 0o077

/** Where a node with this data directory has its socket: in it, or in a folder with a shorter name. */
export function socketPath(dataDir: string, env: Environment): string {
  const own = resolve(dataDir, 'control.sock')
  if (Buffer.byteLength(own) <= MAX_SOCKET_PATH_BYTES) return own

  const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16)

  return join(runtimeFolder(env), `${name}.sock`)
}

/** For what lasts as long as a process. */
export function runtimeFolder(env: Environment): string {
  const given = env['XDG_RUNTIME_DIR']
  if (given !== undefined && given !== '') return join(given, 'starling')

  return join(tmpdir(), `starling-${process.getuid?.() ?? 'user'}`)
}

/** Where the nodes of this user are listed while they run. `/tmp` may be another one for a service, so not there. */
export function registryFolders(env: Environment): string[] {
  const data = join(env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local', 'share'), 'starling', 'running')
  const runtime = env['XDG_RUNTIME_DIR']

  return runtime === undefined || runtime === '' ? [data] : [join(runtime, 'starling', 'running'), data]
}

/**
 * Makes a folder that nobody else can enter, or checks that it is one: in /tmp others may have made it first.
 *
 * @throws {CodedError} ERR_CONTROL_FOLDER
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await makeFolder(path, 0o700)
    const found = await lstat(path)
    if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) {
      throw new CodedError('ERR_CONTROL_FOLDER', `${path} is not a folder of yours; set XDG_RUNTIME_DIR to one`)
    }
    if ((found.mode & OTHERS) !== 0) await chmod(path, 0o700)
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    throw new CodedError('ERR_CONTROL_FOLDER', `${path}: ${(cause as Error).message}`, {}, { cause })
  }
}
