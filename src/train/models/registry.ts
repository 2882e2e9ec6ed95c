import { InvalidConfigError } from '../../interface/errors.ts'
import { mlp } from './mlp.ts'
import type { DataShape, Model } from './model.ts'

/** What job files and the command line carry: plain data. */
export type ModelSpec =
  | { name: 'linear' }
  | {
      name: 'mlp'
      /** Widths of the hidden layers. @default [256, 128] */
      hidden?: readonly number[]
    }

/** The widths of the MLP that every benchmark here uses. */
const DEFAULT_HIDDEN = [256, 128]

type Factories = { [N in ModelSpec['name']]: (spec: Extract<ModelSpec, { name: N }>, data: DataShape) => Model }

const factories: Factories = {
  linear: ({ name, ...rest }, data) => {
    noMoreKeys(name, rest)
    wantNumbers(name, data)

    return mlp(name, { hidden: [] }, data)
  },

  mlp: ({ name, hidden = DEFAULT_HIDDEN, ...rest }, data) => {
    noMoreKeys(name, rest)
    wantNumbers(name, data)
    if (!Array.isArray(hidden) || hidden.length === 0) {
      throw new InvalidConfigError(`${name}: hidden must be a list of widths, such as [256, 128]`)
    }
    for (const width of hidden) wantCount(name, 'hidden', width)

    return mlp(name, { hidden }, data)
  }
}

export const modelNames: readonly string[] = Object.freeze(Object.keys(factories))

/**
 * Makes the named model to fit the data.
 *
 * @throws {InvalidConfigError} for unknown names and options, and for data that does not fit
 */
export function createModel(spec: ModelSpec, data: DataShape): Model {
  if (!Object.hasOwn(factories, spec.name)) {
    throw new InvalidConfigError(`unknown model "${spec.name}", expected one of: ${modelNames.join(', ')}`)
  }
  wantCount(spec.name, 'classes of the data', data.classes)
  const create = factories[spec.name] as (spec: ModelSpec, data: DataShape) => Model

  return create(spec, data)
}

/** A misspelt option must fail loudly, not fall back to a default. */
function noMoreKeys(name: string, rest: object): void {
  const [key] = Object.keys(rest)
  if (key !== undefined) throw new InvalidConfigError(`${name}: unknown option "${key}"`)
}

function wantCount(name: string, what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidConfigError(`${name}: ${what} must be a whole number >= 1, got ${value}`)
  }
}

function wantNumbers(name: string, data: DataShape): void {
  if (data.type !== 'float32') {
    throw new InvalidConfigError(`${name} takes examples of numbers (images, rows of features), not tokens: try gpt`)
  }
}
