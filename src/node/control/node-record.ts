import { randomUUID } from 'node:crypto'
import { open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CodedError } from '../../interface/errors.ts'
import type { ControlEndpoint } from './endpoint.ts'

/** How clients find a running node: a small file in its data directory, and one in the list of this user's nodes. */
const nodeRecord = z.object({
  pid: z.int().positive(),
  peer: z.string().max(128),
  /** Of the job. */
  job: z.string().max(64),
  dataDir: z.string().max(4096).nullable(),
  startedAt: z.iso.datetime(),
  control: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('unix'), path: z.string().max(4096) }),
    z.object({
      kind: z.literal('tcp'),
      host: z.string().max(64),
      port: z.int().min(1).max(65_535),
      /** The token is in this file, that only its owner can read. */
      tokenFile: z.string().max(4096)
    })
  ])
})

export type NodeRecord = z.output<typeof nodeRecord>

/** No record is longer. */
const MAX_RECORD_BYTES = 16_384

export function recordPath(dataDir: string): string {
  return join(dataDir, 'control.json')
}

/** All or nothing, for the owner alone. It need not outlive the machine. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error
  }
}

/** Undefined when there is none, or something else has its place. */
export async function readRecord(path: string): Promise<NodeRecord | undefined> {
  const text = await readSmall(path)
  if (text === undefined) return undefined
  try {
    return nodeRecord.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** @throws {CodedError} ERR_CONTROL_TOKEN when the token can't be read */
export async function endpointOf({ control }: NodeRecord): Promise<ControlEndpoint> {
  if (control.kind === 'unix') return control

  const { tokenFile, ...where } = control
  const token = await readSmall(tokenFile)
  if (token === undefined) throw new CodedError('ERR_CONTROL_TOKEN', `${tokenFile}: the token can't be read`)

  return { ...where, token: token.trim() }
}

async function readSmall(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path)

    return size > MAX_RECORD_BYTES ? undefined : await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
