import type { Merge } from '../merge/registry.ts'
import type { PeerFilter } from '../robust/filters/filter.ts'
import type { Aggregator } from '../robust/registry.ts'

/** What a round does when it has fewer updates than its rule needs. */
export type Fallback = 'keep' | 'mean'

/** How the models of a round become one, by the job. Neither rule nor policy: the mean weighted by examples. */
export interface Rules {
  /** A merge policy; not with a robust rule. */
  merge?: Merge
  /** A robust rule; not with a merge policy. */
  robust?: Aggregator
  /** What happens when there are too few updates for the rule. @default 'keep': the model stays what it was */
  fallback?: Fallback
  /** Local examples on which a rule that goes by losses measures them. @default 32 */
  lossBatch?: number
  /** Says which models may count, or merges them itself in place of rule and policy. */
  filter?: PeerFilter
}

/** Must models travel with their Fisher vectors? */
export function needsFisher({ merge }: Rules = {}): boolean {
  return merge?.needsFisher === true
}
