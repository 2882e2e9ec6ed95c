import type { SimHost } from '../../src/sim/host.ts'
import type { LinkSpec } from '../../src/sim/link-spec.ts'
import { Simulator, type SimulatorInit } from '../../src/sim/simulator.ts'

/** Nothing is left to chance, and nothing takes long but what a test asks for. */
export const PLAIN_LINKS: LinkSpec = {
  latency: { kind: 'constant', ms: 10 },
  bytesPerSecond: { up: Number.POSITIVE_INFINITY, down: Number.POSITIVE_INFINITY },
  loss: 0,
  duplication: 0,
  reordering: 0,
  detectMs: 1000
}

export interface Setup {
  simulator: Simulator
  hosts: SimHost[]
}

/** `n` hosts, `node0` and so on. */
export function setUp(n: number, links: Partial<LinkSpec> = {}, init: Partial<SimulatorInit> = {}): Setup {
  const simulator = new Simulator({ seed: 1, links: { ...PLAIN_LINKS, ...links }, ...init })

  return { simulator, hosts: Array.from({ length: n }, (_, i) => simulator.join(`node${i}`)) }
}

/** Settled, with the virtual time at which it was. */
export type Outcome<T> = { value: T; ms: number } | { code: unknown; ms: number }

export function watch<T>(simulator: Simulator, promise: Promise<T>): { outcome: Outcome<T> | undefined } {
  const watched: { outcome: Outcome<T> | undefined } = { outcome: undefined }
  promise.then(
    (value) => {
      watched.outcome = { value, ms: simulator.nowMs }
    },
    (error: { code?: unknown; message: string }) => {
      watched.outcome = { code: error.code ?? error.message, ms: simulator.nowMs }
    }
  )

  return watched
}

/** Runs until nothing happens any more, and tells how the promise settled. */
export async function settle<T>(simulator: Simulator, promise: Promise<T>): Promise<Outcome<T> | undefined> {
  const watched = watch(simulator, promise)
  await simulator.run({})

  return watched.outcome
}

export const NO_LEAKS = { timers: 0, subscriptions: 0, handlers: 0, listeners: 0, exchanges: 0 }
