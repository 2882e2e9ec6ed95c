import { Counter, Gauge, type Registry } from 'prom-client'
import type { NodeEventSink } from '../events.ts'
import type { InspectContext } from '../inspect/context.ts'

/** What is kept on disk, and who is kept out. */
export function addKeepingMetrics(registry: Registry, { inside }: InspectContext): NodeEventSink {
  const registers = [registry]
  const saved = new Counter({ name: 'starling_checkpoints_total', help: 'Checkpoints written.', registers })
  const failed = new Counter({
    name: 'starling_checkpoint_failures_total',
    help: 'Checkpoints that could not be written; the log says why.',
    registers
  })
  const journal = new Counter({
    name: 'starling_journal_failures_total',
    help: 'Times that logs of projections could not be written.',
    registers
  })
  new Gauge({
    name: 'starling_checkpoint_age_seconds',
    help: 'Since the newest checkpoint of this process was made.',
    registers,
    collect() {
      this.remove()
      const newest = inside().checkpoints?.newest
      if (newest !== undefined) this.set((Date.now() - Date.parse(newest.at)) / 1000)
    }
  })
  new Gauge({
    name: 'starling_bans',
    help: 'Peers and addresses that the operator has shut out.',
    registers,
    collect() {
      this.set(inside().bans.list().length)
    }
  })

  return ({ event }) => {
    if (event === 'checkpoint:saved') saved.inc()
    else if (event === 'checkpoint:failed') failed.inc()
    else if (event === 'journal:failed') journal.inc()
  }
}
