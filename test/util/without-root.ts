import { chownSync } from 'node:fs'

const NOBODY = 65_534

/**
 * Runs `work` with the rights of an ordinary user: permissions say nothing to root.
 *
 * @param owned - files and folders that are to be that user's
 */
export async function withoutRoot<T>(owned: readonly string[], work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work()

  for (const path of owned) chownSync(path, NOBODY, NOBODY)
  process.setegid!(NOBODY)
  process.seteuid!(NOBODY)
  try {
    return await work()
  } finally {
    process.seteuid!(0)
    process.setegid!(0)
  }
}
