import { Counter, Gauge, type Registry } from 'prom-client'
import { WAIT_KINDS, type WaitKind } from '../../interface/waits.ts'
import type { NodeEventSink } from '../events.ts'
import type { InspectContext } from '../inspect/context.ts'

/** What `why` says, in numbers. */
export function addWaitMetrics(registry: Registry, { inside, now }: InspectContext): NodeEventSink {
  const registers = [registry]
  new Gauge({
    name: 'starling_waits',
    help: 'Open waits, by kind; `starling why` names them.',
    labelNames: ['kind'],
    registers,
    collect() {
      const counts = new Map<WaitKind, number>()
      for (const { kind } of inside().waits.list()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
      for (const kind of WAIT_KINDS) this.set({ kind }, counts.get(kind) ?? 0)
    }
  })
  new Gauge({
    name: 'starling_longest_wait_seconds',
    help: 'Age of the oldest open wait, by kind.',
    labelNames: ['kind'],
    registers,
    collect() {
      const waits = inside().waits.list()
      for (const kind of WAIT_KINDS) {
        const oldest = waits.find((wait) => wait.kind === kind)
        this.set({ kind }, oldest === undefined ? 0 : (now() - oldest.sinceMs) / 1000)
      }
    }
  })
  const expired = new Counter({
    name: 'starling_waits_expired_total',
    help: 'Waits of the learner that reached their deadline.',
    registers
  })

  return ({ event }) => {
    if (event === 'wait:expired') expired.inc()
  }
}
