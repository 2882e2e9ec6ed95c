import type { NodeRecord } from './run-record.ts'

/** Neither dead nor gone before the end. */
export function isLiving({ state }: Pick<NodeRecord, 'state'>): boolean {
  return state !== 'died' && state !== 'withdrawn'
}
