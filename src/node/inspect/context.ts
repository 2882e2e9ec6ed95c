import type { EventFeed } from '../event-feed.ts'
import type { LogBook } from '../log/log-book.ts'
import type { DescribedSetting } from '../settings/load.ts'
import type { NodeInside } from './inside.ts'
import type { NodeMemory } from './node-memory.ts'
import type { Operator } from './operator.ts'
import type { RateMeter } from './rate-meter.ts'

/** What the answers to questions about a node are made from. */
export interface InspectContext {
  readonly inside: () => NodeInside
  readonly memory: NodeMemory
  readonly rates: RateMeter
  readonly feed: EventFeed
  readonly operator: Operator
  readonly logBook: Pick<LogBook, 'levels' | 'setLevel'>
  readonly dataDir: string | null
  readonly settings: readonly DescribedSetting[]
  /** ISO 8601. */
  readonly startedAt: string
  /** Milliseconds of the clock of the register of waits. */
  readonly now: () => number
  /** Of that clock, at the start. */
  readonly startedMs: number
  /** Ends the node as a signal does. */
  readonly requestStop: () => void
}
