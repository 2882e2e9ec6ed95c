import { randomBytes, randomInt } from 'node:crypto'
import { access, constants, open, readdir, readFile, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import type { Clock } from '../interface/clock.ts'
import { CodedError } from '../interface/errors.ts'
import { describeSystemError } from '../interface/system-error.ts'
import { makeFolder, tryFolder } from './make-folder.ts'
import { livenessOf, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/** Held until released, or until the process is dead. */
export interface FolderLock {
  /** Processes that held it and died without releasing it. */
  readonly dead: readonly number[]
  /** Idempotent. */
  release(): Promise<void>
}

/** `lock.PID.START.BOOT.HOST.NAMESPACE.RANDOM`: all that decides is in the name, which no crash and no full disk can tear. */
const LOCK_NAME = /^lock\.(\d{1,10})\.(\d{1,20})\.([\da-f]{1,8})\.([\da-f]{8})(?:\.(\d{1,10}))?\.[\da-f]{8}$/
/** Two that start at once may both step back: they are apart after a few tries. */
const MAX_TRIES = 50
const MIN_PAUSE_MS = 5
const MAX_PAUSE_MS = 50

interface Claim {
  readonly name: string
  readonly owner: ProcessIdentity
}

/**
 * Makes the folder if need be, and this process the only one that uses it.
 *
 * Each starter makes a file of its own and then looks for others: of two, the one whose file came second sees the
 * first. Names are never used again, so that the file of a dead process can be removed by anyone at any moment. Whether
 * one is dead is asked of the system; how old a file is says nothing.
 *
 * @throws {CodedError} ERR_DATA_DIR_LOCKED, ERR_DATA_DIR_UNUSABLE
 */
export async function lockFolder(folder: string, { clock }: { clock: Clock }): Promise<FolderLock> {
  const own = ownIdentity()
  const dead = new Set<number>()
  await usable(folder, makeFolder(folder, 0o700))
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const [holder] = await livingClaims(folder, own, dead)
    if (holder !== undefined) throw await lockedBy(folder, holder, own)

    const name = await claim(folder, own)
    const others = (await livingClaims(folder, own, dead)).filter((other) => other.name !== name)
    if (others.length === 0) return { dead: [...dead], release: () => remove(folder, name) }

    await remove(folder, name)
    await clock.sleep(randomInt(MIN_PAUSE_MS, MAX_PAUSE_MS))
  }
  throw new CodedError('ERR_DATA_DIR_LOCKED', `${folder}: too many nodes start on it at once; start one`)
}

/**
 * Whether {@link lockFolder} would succeed now, leaving nothing behind.
 *
 * @throws {CodedError} ERR_DATA_DIR_LOCKED, ERR_DATA_DIR_UNUSABLE
 */
export async function checkFolder(folder: string): Promise<void> {
  const own = ownIdentity()
  let existing = folder
  let names: string[] | undefined
  while (names === undefined) {
    names = await readdir(existing).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' || existing === dirname(existing)) throw unusable(folder, error)
      return undefined
    })
    if (names === undefined) existing = dirname(existing)
  }
  await usable(folder, existing === folder ? access(folder, constants.W_OK) : tryFolder(folder))
  const claims = existing === folder ? names.flatMap(parseName) : []
  const holder = claims.find(({ owner }) => livenessOf(owner, own) !== 'dead')
  if (holder !== undefined) throw await lockedBy(folder, holder, own)
}

/** Removes what dead processes have left behind. */
async function livingClaims(folder: string, own: ProcessIdentity, dead: Set<number>): Promise<Claim[]> {
  const claims = (await usable(folder, readdir(folder))).flatMap(parseName)
  const living: Claim[] = []
  for (const each of claims) {
    if (livenessOf(each.owner, own) !== 'dead') living.push(each)
    else {
      dead.add(each.owner.pid)
      await remove(folder, each.name)
    }
  }

  return living
}

function parseName(name: string): Claim[] {
  const [, pid, startTicks, boot, host, pidNamespace = '0'] = LOCK_NAME.exec(name) ?? []
  if (host === undefined) return []

  return [{ name, owner: { pid: Number(pid), startTicks: startTicks!, boot: boot!, host, pidNamespace } }]
}

async function claim(folder: string, own: ProcessIdentity): Promise<string> {
  const { pid, startTicks, boot, host, pidNamespace } = own
  const name = `lock.${pid}.${startTicks}.${boot}.${host}.${pidNamespace}.${randomBytes(4).toString('hex')}`
  const file = await usable(folder, open(join(folder, name), 'wx', 0o600))
  try {
    // for people, and for who can't look at this machine; a full disk may leave it empty
    await file.writeFile(`${hostname()}\n`).catch(() => undefined)
  } finally {
    await file.close()
  }

  return name
}

async function remove(folder: string, name: string): Promise<void> {
  await unlink(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw unusable(folder, error)
  })
}

async function lockedBy(folder: string, { name, owner }: Claim, own: ProcessIdentity): Promise<CodedError> {
  const { pid } = owner
  const isForeign = livenessOf(owner, own) === 'foreign'
  const host = isForeign ? (await readFile(join(folder, name), 'utf8').catch(() => '')).trim().slice(0, 64) : ''
  const who = isForeign ? `process ${pid} on ${host || 'another machine'}` : `process ${pid}`
  const remedy = isForeign
    ? `this machine can't see whether it still runs: if it does not, remove ${join(folder, name)}`
    : `stop it (kill ${pid}), or give this node a directory of its own with --data-dir`

  return new CodedError('ERR_DATA_DIR_LOCKED', `${folder} is in use by ${who}: ${remedy}`, { pid })
}

async function usable<T>(folder: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw unusable(folder, error as NodeJS.ErrnoException)
  }
}

function unusable(folder: string, cause: NodeJS.ErrnoException): CodedError {
  const reason = cause.code === 'EEXIST' ? 'this is a file, not a directory: take another' : describeSystemError(cause)

  return new CodedError('ERR_DATA_DIR_UNUSABLE', `data directory ${folder}: ${reason} (--data-dir)`, {}, { cause })
}
