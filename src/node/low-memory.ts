import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's space for new objects at the size that it has, a megabyte or two at the start of a process, for this
 * thread and all others, and gives threads that start later a `gc`, with which the training thread frees what
 * onnxruntime hands back. For processes that move models; call it first of all: what has grown shrinks late or never,
 * and code that was compiled under other flags is compiled again.
 *
 * Each piece of a model that arrives is a buffer outside the heap, freed when its small handle is collected: with much
 * space for new objects, tens of megabytes of dead pieces pile up behind a few kilobytes of handles. And under load V8
 * lets that space grow to 100 MB, minutes after the start, and shrinks it when it likes. Measured on daemons that share
 * two cores, after three minutes: 196 to 303 MB with projections and 311 to 372 MB with models; with this 202 to 218
 * and 279 to 299, for 5 % more processor time with the smallest of models.
 *
 * So little is collected at a time that helping threads cost more than they give, above all where they must wait for a
 * processor: so there are none.
 *
 * (`--scavenger-max-new-space-capacity-mb` is read before any of our code runs.)
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-parallel-scavenge')
  setFlagsFromString('--expose-gc')
}

/**
 * glibc reads these before any code runs. Left to itself it has up to eight arenas per core, each with its own
 * leftovers, and keeps every block below 32 MB that it has ever got: the one moment with most garbage decides what a
 * node occupies for weeks. With these, what is larger than 128 KiB goes back at once.
 */
const ALLOCATOR: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '262144'
}

/** The environment with {@link ALLOCATOR}; what somebody has set stays. Undefined where all of it is set. */
export function withAllocator(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv | undefined {
  return Object.keys(ALLOCATOR).every((name) => env[name] !== undefined) ? undefined : { ...ALLOCATOR, ...env }
}

/**
 * Starts this program anew in the same process, as the first thing that it does, when its allocator is not set up yet:
 * same id, same input and output. Does nothing where the system or this version of Node cannot.
 */
export function restartWithAllocator(): void {
  const env = process.platform === 'linux' && !process.connected ? withAllocator(process.env) : undefined
  if (env === undefined || typeof process.execve !== 'function') return

  try {
    process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], env)
  } catch {
    // `--permission` without leave to start processes: it runs as it is, with more memory
  }
}
