import { readdir, unlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CodedError } from '../../interface/errors.ts'
import type { Environment } from '../settings/environment.ts'
import { socketAnswers } from './listen.ts'
import { type NodeRecord, readRecord, recordPath, writePrivateFile } from './node-record.ts'
import { ensurePrivateFolder, registryFolders } from './places.ts'

/** More nodes than a machine runs: whatever fills the folder beyond is not looked at. */
const MAX_RECORDS = 1024

/**
 * Lists a node among those of this user, and takes off those that died: one that crashes each hour would fill the list.
 *
 * @returns what takes it off the list; rejects with the system's error when there is no place for the list
 */
export async function register(record: NodeRecord, env: Environment): Promise<() => Promise<void>> {
  const [folder] = registryFolders(env)
  await ensurePrivateFolder(folder!)
  await listFolder(folder!)
  const path = join(folder!, `${record.pid}-${record.peer.slice(-8)}.json`)
  await writePrivateFile(path, `${JSON.stringify(record)}\n`)

  return () => unlink(path).catch(() => undefined)
}

/** The nodes of this user that run now, oldest first. What dead ones have left behind is removed. */
export async function listNodes(env: Environment): Promise<NodeRecord[]> {
  const found = await Promise.all(registryFolders(env).map(listFolder))
  const byNode = new Map(found.flat().map((record) => [`${record.pid} ${record.peer}`, record]))

  return [...byNode.values()].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
}

/**
 * The node that runs on a data directory.
 *
 * @throws {CodedError} ERR_CONTROL_UNREACHABLE when none does
 */
export async function nodeOf(dataDir: string): Promise<NodeRecord> {
  const record = await readRecord(recordPath(dataDir))
  if (record !== undefined && (await runs(record))) return record

  throw new CodedError('ERR_CONTROL_UNREACHABLE', `no node runs on ${resolve(dataDir)}`)
}

async function listFolder(folder: string): Promise<NodeRecord[]> {
  const names = await readdir(folder).catch(() => [])
  const records = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .slice(0, MAX_RECORDS)
      .map((name) => living(join(folder, name)))
  )

  return records.filter((record) => record !== undefined)
}

async function living(path: string): Promise<NodeRecord | undefined> {
  const record = await readRecord(path)
  if (record !== undefined && (await runs(record))) return record

  await unlink(path).catch(() => undefined)

  return undefined
}

/** A process of this number lives, and somebody listens: the number alone may be another's by now. */
async function runs({ pid, control }: NodeRecord): Promise<boolean> {
  if (!isAlive(pid)) return false

  return control.kind === 'unix' ? socketAnswers({ path: control.path }) : socketAnswers(control)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
