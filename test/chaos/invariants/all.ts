import type { Invariant, Watch } from '../watch.ts'
import { bounds } from './bounds.ts'
import { deadlines } from './deadlines.ts'
import { ending } from './ending.ts'
import { events } from './events.ts'
import { leaks } from './leaks.ts'
import { models } from './models.ts'
import { rounds } from './rounds.ts'
import { views } from './views.ts'

/** Everything that must hold in a run, one more apart: that it can be repeated. */
export const INVARIANTS: readonly ((watch: Watch) => Invariant)[] = [
  bounds,
  deadlines,
  ending,
  events,
  leaks,
  models,
  rounds,
  views
]
