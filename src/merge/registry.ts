import { InvalidConfigError } from '../interface/errors.ts'
import { nearestWord } from '../interface/nearest-word.ts'
import { parseNamed } from '../robust/named-text.ts'
import { describeOption, type Option, type OptionInput, resolveOptions } from '../robust/options.ts'
import { formatBound } from '../robust/text.ts'
import { MergeError } from './errors.ts'
import type { FisherVector, Merge, MergeComponents, MergeInput, PolicyDefinition } from './merge.ts'
import { weightsFor } from './own-weight.ts'
import { aligned } from './policies/aligned.ts'
import { fisher } from './policies/fisher.ts'
import { mean } from './policies/mean.ts'
import { varianceCorrected } from './policies/variance-corrected.ts'

export type { FisherEstimate, FisherVector, Merge, MergeComponents, MergeInput, MergeReport } from './merge.ts'

const policies = { mean, 'variance-corrected': varianceCorrected, fisher, aligned } as const

export type PolicyName = keyof typeof policies
type Table = Readonly<Record<string, Option>>

/** A policy as job files, the CLI and the REPL carry it: plain data. Options with a default may be left out. */
export type MergeSpec = {
  [P in PolicyName]: { readonly policy: P } & OptionInput<(typeof policies)[P]['options']>
}[PolicyName]

export const mergeNames: readonly PolicyName[] = Object.freeze(Object.keys(policies) as PolicyName[])

/**
 * The merge policy of a spec.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID: names, options and values that do not exist, and layouts that the
 *   policy can't merge
 */
export function createMerge(spec: MergeSpec, components: MergeComponents): Merge {
  const { name, definition, values } = resolve(spec)
  const merge = definition.create(values as never, components)
  const fisher = definition.fisher?.(values as never)
  const { dim } = components.layout

  return {
    name: formatBound({ name, definition, values }),
    needsFisher: fisher !== undefined,
    fisher,
    needsOwn: definition.needsOwn?.(values as never),
    mergeInto(input) {
      const { params: out, updates, hasOwn = true, round = 0 } = input
      checkDims(input, dim)
      if (updates.length === 0) return { weights: hasOwn ? [1] : [] }
      const fishers = fisher === undefined ? [] : checkedFishers(input, dim)
      const weights = weightsFor(input, values.own as number | undefined)
      const models = [...(hasOwn ? [out] : []), ...updates.map(({ params }) => params)]

      return { weights, ...merge({ out, models, weights, hasOwn, round, fishers }) }
    }
  }
}

/**
 * Reads `mean` or `variance-corrected:tensors=all:own=0.5`: a policy, options after colons.
 *
 * @returns what the text says, checked; options left out are still left out
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export function parseMerge(text: string): MergeSpec {
  const spec = parseNamed(text, { what: 'merge', key: 'policy', tableOf: (name) => findPolicy(name).options })
  resolve(spec)

  return spec as unknown as MergeSpec
}

/** One line a policy, with its options, for the documents and `--help`. */
export function mergesHelp(): string {
  return Object.entries(policies)
    .map(([name, { summary, options }]) => {
      const described = Object.entries(options).map(([option, form]) => describeOption(option, form as Option))
      return `  ${name}: ${[summary, ...described].join('; ')}`
    })
    .join('\n')
}

function resolve(spec: unknown) {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new InvalidConfigError(`merge: expected a policy such as { policy: 'mean' }, got ${JSON.stringify(spec)}`)
  }
  const { policy: name, ...given } = spec as Record<string, unknown>
  const definition = findPolicy(name)

  return { name: name as string, definition, values: resolveOptions(`merge ${name}`, definition.options, given) }
}

/** The definition of a policy, its options' types forgotten: its own table has checked them before it sees them. */
function findPolicy(name: unknown): PolicyDefinition<Table> {
  if (typeof name === 'string' && Object.hasOwn(policies, name)) {
    return policies[name as PolicyName] as unknown as PolicyDefinition<Table>
  }
  const text = typeof name === 'string' ? name.slice(0, 64) : JSON.stringify(name)
  const nearest = typeof name === 'string' ? nearestWord(name, mergeNames) : undefined
  const hint = nearest === undefined ? '' : `, did you mean ${nearest}?`
  throw new InvalidConfigError(`merge: no policy "${text}"${hint} (there are ${mergeNames.join(', ')})`)
}

function checkDims({ params, updates }: MergeInput, dim: number): void {
  const odd = [params, ...updates.map((update) => update.params)].find(({ length }) => length !== dim)
  if (odd === undefined) return

  throw new MergeError('ERR_UPDATES_DIM', `params of length ${odd.length}, not ${dim}`, { dim, gotDim: odd.length })
}

function checkedFishers({ updates, fisher, hasOwn = true }: MergeInput, dim: number): FisherVector[] {
  const own = hasOwn && fisher?.own !== undefined ? [fisher.own] : []
  const fishers = [...own, ...(fisher?.updates ?? [])]
  const models = updates.length + (hasOwn ? 1 : 0)
  if (fishers.length !== models) {
    const problem = 'there is not one Fisher vector for each model'
    throw new MergeError('ERR_FISHER_MISSING', problem, { models, vectors: fishers.length })
  }
  const odd = fishers.find(({ length }) => length !== dim)
  if (odd === undefined) return fishers

  throw new MergeError('ERR_UPDATES_DIM', `a Fisher vector of length ${odd.length}, not ${dim}`, { dim })
}
