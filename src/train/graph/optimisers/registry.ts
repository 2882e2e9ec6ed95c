import { InvalidConfigError } from '../../../interface/errors.ts'
import { adamw } from './adamw.ts'
import type { Optimiser } from './optimiser.ts'
import { sgd } from './sgd.ts'

/** What job files and the command line carry: plain data. */
export type OptimiserSpec =
  | {
      name: 'sgd'
      /** @default 0.9 */ momentum?: number
      /** @default 0 */ weightDecay?: number
    }
  | {
      name: 'adamw'
      /** @default 0.9 */ beta1?: number
      /** @default 0.999 */ beta2?: number
      /** @default 1e-8 */ epsilon?: number
      /** @default 0.01 */ weightDecay?: number
    }

const DEFAULT_MOMENTUM = 0.9 // what nearly all recipes for these models use
/** PyTorch's defaults, so that published recipes carry over. */
const DEFAULT_ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }

type Factories = { [N in OptimiserSpec['name']]: (spec: Extract<OptimiserSpec, { name: N }>) => Optimiser }

const factories: Factories = {
  sgd: ({ name, momentum = DEFAULT_MOMENTUM, weightDecay = 0, ...rest }) => {
    noMoreKeys(name, rest)
    checkRange(name, { momentum }, momentum >= 0 && momentum < 1, 'in [0, 1)')
    checkRange(name, { weightDecay }, weightDecay >= 0 && weightDecay < Infinity, '>= 0')

    return sgd({ momentum, weightDecay })
  },

  adamw: ({ name, beta1, beta2, epsilon, weightDecay, ...rest }) => {
    noMoreKeys(name, rest)
    const options = {
      beta1: beta1 ?? DEFAULT_ADAMW.beta1,
      beta2: beta2 ?? DEFAULT_ADAMW.beta2,
      epsilon: epsilon ?? DEFAULT_ADAMW.epsilon,
      weightDecay: weightDecay ?? DEFAULT_ADAMW.weightDecay
    }
    checkRange(name, { beta1: options.beta1 }, options.beta1 > 0 && options.beta1 < 1, 'in (0, 1)')
    checkRange(name, { beta2: options.beta2 }, options.beta2 > 0 && options.beta2 < 1, 'in (0, 1)')
    checkRange(name, { epsilon: options.epsilon }, options.epsilon > 0 && options.epsilon < Infinity, '> 0')
    const { weightDecay: decay } = options
    checkRange(name, { weightDecay: decay }, decay >= 0 && decay < Infinity, '>= 0')

    return adamw(options)
  }
}

export const optimiserNames: readonly string[] = Object.freeze(Object.keys(factories))

/** @throws {InvalidConfigError} for unknown names and options, and numbers out of range */
export function createOptimiser(spec: OptimiserSpec): Optimiser {
  if (!Object.hasOwn(factories, spec.name)) {
    throw new InvalidConfigError(`unknown optimiser "${spec.name}", expected one of: ${optimiserNames.join(', ')}`)
  }

  const create = factories[spec.name] as (spec: OptimiserSpec) => Optimiser

  return create(spec)
}

/** A misspelt option must fail loudly, not fall back to a default. */
function noMoreKeys(name: string, rest: object): void {
  const [key] = Object.keys(rest)
  if (key !== undefined) throw new InvalidConfigError(`${name}: unknown option "${key}"`)
}

function checkRange(name: string, option: Record<string, number>, holds: boolean, range: string): void {
  if (holds) return
  const [[key, value]] = Object.entries(option) as [[string, number]]

  throw new InvalidConfigError(`${name}: ${key} must be ${range}, got ${value}`)
}
