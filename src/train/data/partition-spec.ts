import { InvalidConfigError } from '../../interface/errors.ts'

/** How examples are dealt to nodes, as the job file and the command line write it: `iid`, `classes:2`, `dirichlet:0.5`. */
export type PartitionSpec = string

export type ParsedPartition =
  | { kind: 'iid' }
  | { kind: 'classes'; perNode: number }
  | { kind: 'dirichlet'; alpha: number }

/** The range in which proportions still mean something: from one class a node to equal shares. */
const MIN_ALPHA = 1e-3
const MAX_ALPHA = 1e6
/** `Number` alone would also take '', ' 2' and '0x2'. */
const DECIMAL = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID */
export function parsePartition(spec: PartitionSpec): ParsedPartition {
  if (spec === 'iid') return { kind: 'iid' }

  const colon = spec.indexOf(':')
  const kind = spec.slice(0, Math.max(0, colon))
  const text = spec.slice(colon + 1)
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN
  if (kind === 'classes' && Number.isSafeInteger(value) && value >= 1) return { kind, perNode: value }
  if (kind === 'dirichlet' && value >= MIN_ALPHA && value <= MAX_ALPHA) return { kind, alpha: value }

  throw new InvalidConfigError(
    `partition "${spec}": expected iid, classes:K (an integer >= 1) or dirichlet:ALPHA (${MIN_ALPHA} to ${MAX_ALPHA})`,
    { spec }
  )
}
