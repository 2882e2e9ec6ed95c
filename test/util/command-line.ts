import { vi } from 'vitest'
import { loadCommands } from '../../src/cli/commands/loaders.ts'
import { main } from '../../src/cli/main.ts'

// what main loads when it needs it: here at once, or the first test would wait for it
await loadCommands()

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs one command line in this process, and takes what it prints. */
export async function runCommand(...args: readonly string[]): Promise<Outcome> {
  const texts = { out: '', err: '' }
  const taking = (name: 'out' | 'err') => (chunk: string | Uint8Array) => {
    texts[name] += chunk.toString()
    return true
  }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(taking('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(taking('err'))
  ]
  try {
    return { code: await main(args), ...texts }
  } finally {
    for (const spy of spies) spy.mockRestore()
    process.exitCode = undefined
  }
}
