import type { Invariant, Watch } from '../watch.ts'
import { bounds } from './bounds.ts'
import { deadlines } from './deadlines.ts'
import { ending } from './ending.ts'
import { events } from './events.ts'
import { leaks } from './leaks.ts'
import { models } from './models.ts'
import { replicas } from './replicas.ts'
import { rounds } from './rounds.ts'
import { views } from './views.ts'

/**
 * Everything that must hold in a run, one more apart: that it can be repeated. Those that say most come first: a node that
 * hangs holds models too.
 */
export const INVARIANTS: readonly ((watch: Watch) => Invariant)[] = [
  ending,
  deadlines,
  replicas,
  rounds,
  views,
  models,
  events,
  leaks,
  bounds
]
