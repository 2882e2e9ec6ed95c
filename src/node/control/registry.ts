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
 * Lists a node among those of this user, in every folder where clients look: theirs may have another environment, that of
 * a terminal or of a service. Takes off those that died: one that crashes each hour would fill the list.
 *
 * @returns what takes it off the list; rejects with the first folder's error when no folder can be written
 */
export async function register(record: NodeRecord, env: Environment): Promise<() => Promise<void>> {
  const written = await Promise.allSettled(registryFolders(env).map((folder) => registerIn(folder, record)))
  const paths = written.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const [first] = written
  if (paths.length === 0 && first?.status === 'rejected') throw first.reason

  return async () => {
    await Promise.all(paths.map((path) => unlink(path).catch(() => undefined)))
  }
}

async function registerIn(folder: string, record: NodeRecord): Promise<string> {
  await ensurePrivateFolder(folder)
  await listFolder(folder)
  const path = join(folder, `${record.pid}-${record.peer.slice(-8)}.json`)
  await writePrivateFile(path, `${JSON.stringify(record)}\n`)

  return path
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
 * @param from - what named the directory, where that is not plain from the command line
 * @throws {CodedError} ERR_CONTROL_UNREACHABLE when none does
 */
export async function nodeOf(dataDir: string, { from }: { from?: string } = {}): Promise<NodeRecord> {
  const record = await readRecord(recordPath(dataDir))
  if (record !== undefined && (await runs(record))) return record

  const hint = from === undefined ? '' : `, which is what ${from} says; name another with --data-dir`
  throw new CodedError('ERR_CONTROL_UNREACHABLE', `no node runs on ${resolve(dataDir)}${hint}`)
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
