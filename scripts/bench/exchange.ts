import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Memory, Served, Times } from './exchange-peer.ts'

const PEER = fileURLToPath(new URL('./exchange-peer.ts', import.meta.url))
/** Far above what a healthy run takes. */
const TIMEOUT_MS = 120_000
const MIN_THROUGHPUT_RATIO = 0.8
const MAX_MEMORY_RATIO = 2.5

/**
 * A model of ten million params between two processes: `GossipNetwork.pull`
 * against a bare libp2p stream of the same host configuration that moves the
 * same bytes and discards them, turn by turn. Then, in a fresh process, how
 * far one pull drives the receiver's memory.
 *
 * Options: --params N, --repetitions N, --json
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      params: { type: 'string', default: '10000000' },
      repetitions: { type: 'string', default: '15' },
      json: { type: 'boolean', default: false }
    }
  })
  const server = start('serve', values.params)
  try {
    const served = await answer<Served>(server)
    const times = await runToEnd<Times>('measure', values.repetitions, JSON.stringify(served))
    const memory = await runToEnd<Memory>('memory', '1', JSON.stringify(served))
    report(served.ref.bytes, times, memory, values.json)
  } finally {
    server.kill()
  }
}

function start(...args: string[]): ChildProcess {
  return fork(PEER, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

async function runToEnd<T>(...args: string[]): Promise<T> {
  const child = start(...args)
  try {
    return await answer<T>(child)
  } finally {
    child.kill()
  }
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController()
  const onExit = (code: number | null): void => ended.abort(new Error(`a process of the benchmark ended with ${code}`))
  child.once('exit', onExit)
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const [message] = await once(child, 'message', { signal })
    return message as T
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    child.off('exit', onExit)
  }
}

function report(
  bytes: number,
  { bareMs, bareTunedMs, pullMs }: Times,
  { beforeBytes, peakBytes }: Memory,
  json: boolean
): void {
  // neighbours in time share the machine's mood, so the ratio is taken pair by pair
  const ratioTo = (baseline: number[]): number => median(baseline.map((bare, i) => bare / pullMs[i]!))
  const throughputRatio = ratioTo(bareMs)
  const memoryRatio = (peakBytes - beforeBytes) / bytes
  const result = {
    bytes,
    repetitions: bareMs.length,
    bareMs: round(median(bareMs)),
    bareTunedMs: round(median(bareTunedMs)),
    pullMs: round(median(pullMs)),
    bareMBps: round(bytes / median(bareMs) / 1000),
    bareTunedMBps: round(bytes / median(bareTunedMs) / 1000),
    pullMBps: round(bytes / median(pullMs) / 1000),
    throughputRatio: round(throughputRatio),
    throughputRatioToTuned: round(ratioTo(bareTunedMs)),
    memoryRatio: round(memoryRatio),
    ok: throughputRatio >= MIN_THROUGHPUT_RATIO && memoryRatio <= MAX_MEMORY_RATIO
  }
  if (json) {
    console.log(JSON.stringify(result))
    return
  }

  console.log(`exchange of ${round(bytes / 1e6)} MB between two processes, medians of ${result.repetitions}`)
  console.log(`  bare stream, sends of 64 KiB  ${result.bareMs} ms  ${result.bareMBps} MB/s`)
  console.log(`  bare stream, sends as ours    ${result.bareTunedMs} ms  ${result.bareTunedMBps} MB/s`)
  console.log(`  pull, copied and verified     ${result.pullMs} ms  ${result.pullMBps} MB/s`)
  console.log(`  ratio to the first            ${result.throughputRatio} (at least ${MIN_THROUGHPUT_RATIO})`)
  console.log(`  ratio to the second           ${result.throughputRatioToTuned}`)
  console.log(`  receiver's memory             ${result.memoryRatio} times the model (at most ${MAX_MEMORY_RATIO})`)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)

  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
