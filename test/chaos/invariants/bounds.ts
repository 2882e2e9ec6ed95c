import { MAX_OFFERS } from '../../../src/sim/limits.ts'
import type { Invariant, Watch } from '../watch.ts'

/** Per node, about twice what was seen in thousands of runs; what grows without end gets there soon. */
const PENDING = { perNode: 150, more: 100 }
const VECTORS = { perPeer: 2, more: 8 }
/** Vectors take whole 16 bytes. */
const ALIGN_BYTES = 16

/** Queues stay within bounds: models on offer, events to come, and the memory of models (waits: see `deadlines`). */
export function bounds(watch: Watch): Invariant {
  const { nodes, dim } = watch.scenario
  const maxPending = PENDING.perNode * nodes + PENDING.more
  const maxBytes = nodes * (VECTORS.perPeer * nodes + VECTORS.more) * Math.max(ALIGN_BYTES, 4 * dim + ALIGN_BYTES)
  const reportAbove = (name: string, node: number | undefined, value: number, max: number): void => {
    if (value > max) watch.report('bounds', node, `${value} ${name}, more than ${max}`)
  }

  return {
    afterEvent: () => {
      reportAbove('events to come', undefined, watch.pending, maxPending)
      reportAbove('bytes of models in use', undefined, watch.usedBytes, maxBytes)
      for (const life of watch.lives) {
        if (life === undefined || life.node.end !== undefined) continue
        reportAbove('models on offer', life.index, life.offers.size, MAX_OFFERS)
      }
    },
    atEnd: () => reportAbove('bytes of models in use after the end', undefined, watch.usedBytes, 0)
  }
}
