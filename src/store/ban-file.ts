import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import type { Ban } from '../interface/ban.ts'
import { CodedError } from '../interface/errors.ts'
import { isPeerId } from '../wire/peer-key.ts'
import { writeWhole } from './whole-file.ts'

/** More than an operator enters by hand; each costs 300 bytes. */
export const MAX_BANS = 10_000
export const MAX_REASON_CHARS = 200
const MAX_FILE_BYTES = 8 * 1024 * 1024
const VERSION = 1

/** The file is not what this node writes: cut short, or edited into something else. */
export class BanFileError extends CodedError<'ERR_BANS_MALFORMED'> {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_BANS_MALFORMED', message, {}, options)
  }
}

const time = z.iso.datetime().transform((text) => Date.parse(text))
const ban = z.strictObject({
  who: z.string().max(64).refine(isBannable, { error: 'expected a peer id or an IP address' }),
  reason: z.string().max(MAX_REASON_CHARS),
  since: time,
  until: time.nullable()
})
const file = z.strictObject({ version: z.literal(VERSION), bans: z.array(ban).max(MAX_BANS) })

/** Whether this names a peer, or an address. */
export function isBannable(who: string): boolean {
  return isPeerId(who) || isIP(who) !== 0
}

/** Where a node keeps its bans: lines that a person can read, and mend while the node does not run. */
export function banFilePath(dataDir: string): string {
  return join(dataDir, 'bans.json')
}

/** @throws {BanFileError} ERR_BANS_MALFORMED when it is no such file; the system's error when it can't be read */
export async function readBans(path: string): Promise<Ban[]> {
  let text: string
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) throw new BanFileError(`${size} bytes, not a list of bans`)
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }

  return decode(text)
}

/** @throws the system's error; what was there before is still there */
export async function writeBans(path: string, bans: readonly Ban[]): Promise<void> {
  const rows = bans.map(({ who, reason, sinceMs, untilMs }) => ({
    who,
    reason,
    since: new Date(sinceMs).toISOString(),
    until: untilMs === null ? null : new Date(untilMs).toISOString()
  }))
  await writeWhole(path, Buffer.from(`${JSON.stringify({ version: VERSION, bans: rows }, null, 2)}\n`))
}

function decode(text: string): Ban[] {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (cause) {
    throw new BanFileError('not JSON: cut short, or edited by hand', { cause })
  }
  const result = file.safeParse(data)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new BanFileError(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`, { cause: result.error })
  }

  return result.data.bans.map(({ who, reason, since, until }) => ({ who, reason, sinceMs: since, untilMs: until }))
}
