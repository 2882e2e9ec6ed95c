import { InvalidConfigError } from '../../interface/errors.ts'
import { gpt } from './gpt.ts'
import { lenet } from './lenet.ts'
import { mlp } from './mlp.ts'
import type { DataShape, Model } from './model.ts'
import { resnet8 } from './resnet8.ts'

/** What job files and the command line carry: plain data. */
export type ModelSpec =
  | { name: 'linear' }
  | {
      name: 'lenet'
      /** Channels of the two convolutions. @default [32, 64] */
      channels?: readonly [number, number]
      /** Width of the hidden layer. @default 512 */
      hidden?: number
    }
  | {
      name: 'mlp'
      /** Widths of the hidden layers. @default [256, 128] */
      hidden?: readonly number[]
    }
  | {
      name: 'resnet8'
      /** Channels of the first stage. @default 16 */
      width?: number
      /** Groups of each normalisation; divides the width. @default 8 */
      groups?: number
    }
  | {
      name: 'gpt'
      /** @default 4 */
      layers?: number
      /** A multiple of `heads`. @default 128 */
      width?: number
      /** @default 4 */
      heads?: number
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
  },

  lenet: ({ name, channels = [32, 64], hidden = 512, ...rest }, data) => {
    noMoreKeys(name, rest)
    if (!Array.isArray(channels) || channels.length !== 2) {
      throw new InvalidConfigError(`${name}: channels must be two widths, such as [32, 64]`)
    }
    for (const width of channels) wantCount(name, 'channels', width)
    wantCount(name, 'hidden', hidden)

    return lenet(name, { channels, hidden }, data)
  },

  resnet8: ({ name, width = 16, groups = 8, ...rest }, data) => {
    noMoreKeys(name, rest)
    wantDivisor(name, { width }, { groups })

    return resnet8(name, { width, groups }, data)
  },

  gpt: ({ name, layers = 4, width = 128, heads = 4, ...rest }, data) => {
    noMoreKeys(name, rest)
    wantCount(name, 'layers', layers)
    wantDivisor(name, { width }, { heads })

    return gpt(name, { layers, width, heads }, data)
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

function wantDivisor(name: string, whole: Record<string, number>, part: Record<string, number>): void {
  const [[wholeKey, extent]] = Object.entries(whole) as [[string, number]]
  const [[partKey, count]] = Object.entries(part) as [[string, number]]
  wantCount(name, wholeKey, extent)
  wantCount(name, partKey, count)
  if (extent % count !== 0) {
    throw new InvalidConfigError(`${name}: ${wholeKey} must be a multiple of ${partKey}, got ${extent} and ${count}`)
  }
}

function wantNumbers(name: string, data: DataShape): void {
  if (data.type !== 'float32') {
    throw new InvalidConfigError(`${name} takes examples of numbers (images, rows of features), not tokens: try gpt`)
  }
}
