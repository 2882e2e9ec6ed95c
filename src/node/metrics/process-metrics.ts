import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

type Delay = ReturnType<typeof monitorEventLoopDelay>

const QUANTILES = [
  { quantile: '0.5', percentile: 50 },
  { quantile: '0.99', percentile: 99 },
  { quantile: '1', percentile: 100 }
] as const
const NS = 1e9
const RESOLUTION_MS = 20

/** Memory, processor and event loop of the process. */
export class ProcessMetrics {
  readonly #delay: Delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor(registry: Registry) {
    addMemory(registry)
    addProcessor(registry)
    addDescriptors(registry)
    addEventLoop(registry, this.#delay)
  }

  start(): void {
    this.#delay.enable()
  }

  stop(): void {
    this.#delay.disable()
  }
}

function addMemory(registry: Registry): void {
  new Gauge({
    name: 'starling_memory_bytes',
    help: 'Memory of the process: resident, of the heap, and of buffers outside it.',
    labelNames: ['part'],
    registers: [registry],
    collect() {
      const { rss, heapUsed, external } = process.memoryUsage()
      this.set({ part: 'resident' }, rss)
      this.set({ part: 'heap' }, heapUsed)
      this.set({ part: 'external' }, external)
    }
  })
}

function addProcessor(registry: Registry): void {
  new Counter({
    name: 'starling_cpu_seconds_total',
    help: 'Processor time of the process, all threads.',
    labelNames: ['mode'],
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc({ mode: 'user' }, user / 1e6)
      this.inc({ mode: 'system' }, system / 1e6)
    }
  })
}

/** Only where the system lists them. */
function addDescriptors(registry: Registry): void {
  new Gauge({
    name: 'starling_open_descriptors',
    help: 'Open files and sockets of the process; 0 where the system does not say.',
    registers: [registry],
    collect() {
      this.set(countDescriptors())
    }
  })
}

function countDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

function addEventLoop(registry: Registry, delay: Delay): void {
  new Gauge({
    name: 'starling_event_loop_delay_seconds',
    help: 'How late the event loop came to what was due, since the metrics were read last.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      const hasSamples = delay.count > 0
      for (const { quantile, percentile } of QUANTILES) {
        // what is measured is the time between two ticks of a timer
        const late = delay.percentile(percentile) / NS - RESOLUTION_MS / 1000
        this.set({ quantile }, hasSamples ? Math.max(0, late) : 0)
      }
      delay.reset()
    }
  })
}
