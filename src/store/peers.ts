import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '../interface/errors.ts'
import { MAX_ADDRESS_CHARS } from '../wire/limits.ts'
import { writeWhole } from './whole-file.ts'

/** Addresses kept of one job's peers: a restarted node needs one that answers. */
export const MAX_KEPT_ADDRESSES = 64
const VERSION = 1
/** All of them at their longest, as JSON. */
const MAX_BYTES = MAX_KEPT_ADDRESSES * (MAX_ADDRESS_CHARS + 8) + 1024
const PRINTABLE = /^[\x21-\x7e]+$/

/** Where a node keeps addresses at which it met peers of a job. */
export function peersPath(dataDir: string, jobId: string): string {
  return join(dataDir, 'peers', `${jobId}.json`)
}

/**
 * What was kept last, the best first; empty when nothing was. Whether they are addresses is for the reader to see.
 *
 * @throws {CodedError} ERR_PEERS_SPOILT when the file is torn or no such file; the system's error when it can't be read
 */
export async function readPeers(path: string): Promise<readonly string[]> {
  let text: string
  try {
    const { size } = await stat(path)
    if (size > MAX_BYTES) throw spoilt(path)
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }

  return parse(text, path)
}

export async function writePeers(path: string, addresses: readonly string[]): Promise<void> {
  const kept = addresses.filter(isUsable).slice(0, MAX_KEPT_ADDRESSES)
  await writeWhole(path, Buffer.from(`${JSON.stringify({ version: VERSION, addresses: kept }, null, 2)}\n`))
}

function parse(text: string, path: string): readonly string[] {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw spoilt(path)
  }
  const { version, addresses } = (content ?? {}) as { version?: unknown; addresses?: unknown }
  if (version !== VERSION || !Array.isArray(addresses) || !addresses.every(isUsable)) throw spoilt(path)

  return addresses.slice(0, MAX_KEPT_ADDRESSES)
}

function isUsable(address: unknown): address is string {
  return typeof address === 'string' && address.length <= MAX_ADDRESS_CHARS && PRINTABLE.test(address)
}

function spoilt(path: string): CodedError<'ERR_PEERS_SPOILT'> {
  return new CodedError('ERR_PEERS_SPOILT', `${path}: no list of peers' addresses`)
}
