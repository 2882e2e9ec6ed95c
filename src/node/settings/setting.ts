import type { Kind } from './kind.ts'

/** Headings of `starling node --help` and of docs/CONFIG.md, in their order. */
export const GROUPS = ['Files', 'Joining a swarm', 'Training', 'Looking in', 'Output', 'Stopping'] as const

export type Group = (typeof GROUPS)[number]

/** One row of the table; `T` is what the node gets. */
export interface Setting<T> {
  readonly group: Group
  /** Says what it does: begins in lower case, ends without a full stop. */
  readonly description: string
  /** How its value is written. */
  readonly kind: Kind<unknown>
  /** Stands for the value in `--flag <placeholder>`. */
  readonly placeholder: string
  /** May be given several times; the value is a list. */
  readonly repeats: boolean
  readonly default: T
  /** What the default is, in words, where it is not simply a value. */
  readonly defaultText?: string
  /** Why that is the default, for documents. */
  readonly reason: string
  /** Its value is shown to nobody. */
  readonly isSecret?: true
  /** Instead of `STARLING_` and the name. */
  readonly env?: string
}

type Words = Pick<Setting<unknown>, 'group' | 'description' | 'reason'> &
  Partial<Pick<Setting<unknown>, 'placeholder' | 'defaultText' | 'isSecret' | 'env'>>

/** One value, that always is there. */
export function setting<E>({ kind, ...rest }: Words & { kind: Kind<E>; default: NoInfer<E> }): Setting<E> {
  return { placeholder: 'value', repeats: false, kind, ...rest }
}

/** One value or none. */
export function optional<E>({ kind, ...rest }: Words & { kind: Kind<E> }): Setting<E | undefined> {
  return { placeholder: 'value', repeats: false, default: undefined, kind, ...rest }
}

/** Any number of values. */
export function list<E>({
  kind,
  ...rest
}: Words & { kind: Kind<E>; default: readonly NoInfer<E>[] }): Setting<readonly E[]> {
  return { placeholder: 'value', repeats: true, kind, ...rest }
}
