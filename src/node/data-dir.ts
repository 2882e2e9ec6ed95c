import type { PrivateKey } from '@libp2p/interface'
import { type FolderLock, lockFolder } from '../store/folder-lock.ts'
import { loadIdentity } from './identity.ts'
import { systemClock } from './system-clock.ts'

/** A node's folder, in use by this process alone. */
export interface OpenDataDir {
  readonly privateKey: PrivateKey
  /** Processes that used it before and did not end cleanly. */
  readonly dead: readonly number[]
  /** Lets others use it; idempotent. */
  close(): Promise<void>
}

/** @throws {CodedError} ERR_DATA_DIR_LOCKED, ERR_DATA_DIR_UNUSABLE, ERR_KEY_* */
export async function openDataDir(dataDir: string): Promise<OpenDataDir> {
  const lock: FolderLock = await lockFolder(dataDir, { clock: systemClock })
  try {
    return { privateKey: await loadIdentity(dataDir), dead: lock.dead, close: () => lock.release() }
  } catch (error) {
    await lock.release()
    throw error
  }
}
