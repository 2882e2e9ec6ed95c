import type { MergeReport } from '../merge/registry.ts'
import type { UntimedEvent } from './untimed-event.ts'

type MergedEvent = Extract<UntimedEvent, { event: 'model:merged' }>

/** What a policy has to say of a merge, in one number each; undefined when it says nothing. */
export function mergedEvent(policy: string, round: number, report: MergeReport): MergedEvent | undefined {
  const { factors = [], moved = [] } = report
  if (factors.length === 0 && moved.length === 0) return undefined

  return {
    event: 'model:merged',
    round,
    policy,
    ...(factors.length === 0 ? {} : { factor: Math.sqrt(mean(factors.map(({ factor }) => factor * factor))) }),
    ...(moved.length === 0 ? {} : { moved: mean(moved) })
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
