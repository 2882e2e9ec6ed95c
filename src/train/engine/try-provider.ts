import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Device } from './device.ts'

const TIMEOUT_MS = 20_000 // a cold GPU driver can take seconds
const MAX_OUTPUT_BYTES = 4 << 20

export interface ProviderTrial {
  readonly works: boolean
  /** Everything it said, errors and the Vulkan loader's account included. */
  readonly output: string
}

/**
 * Runs a tiny graph on a GPU provider in a process of its own: a driver that
 * crashes takes only that process, and what native code writes to stderr is
 * read and not shown.
 */
export function tryProvider(device: Device): Promise<ProviderTrial> {
  const entry = import.meta.url.endsWith('.ts') ? './try-provider-main.ts' : './try-provider-main.js'
  const file = fileURLToPath(new URL(entry, import.meta.url))
  // the loader then names the adapter that was picked
  const env = { ...process.env, VK_LOADER_DEBUG: 'info,driver' }

  return new Promise((resolve) => {
    const options = { env, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES }
    execFile(process.execPath, [file, device], options, (error, stdout, stderr) => {
      resolve({ works: error === null, output: stdout + stderr })
    })
  })
}
