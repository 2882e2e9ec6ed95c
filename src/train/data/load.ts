import { resolve } from 'node:path'
import { InvalidConfigError } from '../../interface/errors.ts'
import type { DataSource, ExampleSet } from './examples.ts'
import { createGlyphs } from './glyphs/glyphs.ts'
import { loadImageFolder, loadImageSet } from './image-files.ts'
import { type DataSpec, parseDataSpec } from './spec.ts'
import { loadTable } from './table-set.ts'
import { loadText } from './text-set.ts'

export { type DataSpec, dataNames } from './spec.ts'

export interface LoadOptions {
  /** uint32 of the job: draws the glyphs and cuts tables. */
  seed: number
  /** Environment in which data is looked for: STARLING_DATA, XDG_DATA_HOME, HOME. @default {} */
  env?: Readonly<Record<string, string | undefined>>
  /** Relative paths start here. @default '/' */
  cwd?: string
  /** At most this many examples of each split, from its start; all when absent. */
  limit?: { readonly train?: number; readonly test?: number }
}

/**
 * Opens the data of a job. The same spec, seed and files give the same
 * examples in the same order on every machine.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID for an unknown spec or limit; {DataError} ERR_DATA_*
 */
export async function loadData(spec: DataSpec, options: LoadOptions): Promise<DataSource> {
  const { limit = {} } = options
  for (const count of [limit.train, limit.test]) {
    if (count !== undefined && !(Number.isInteger(count) && count >= 1)) {
      throw new InvalidConfigError(`data limit must be an integer >= 1, got ${count}`, { count })
    }
  }

  const { train, test } = await open(spec, options)

  return { train: firstOf(train, limit.train), test: firstOf(test, limit.test) }
}

function open(spec: DataSpec, { seed, env = {}, cwd = '/' }: LoadOptions): DataSource | Promise<DataSource> {
  const parsed = parseDataSpec(spec)
  switch (parsed.kind) {
    case 'glyphs':
      return createGlyphs({ seed })
    case 'images':
      return loadImageSet(parsed.name, { env, cwd })
    case 'idx':
      return loadImageFolder(resolve(cwd, parsed.path))
    case 'csv':
      return loadTable(resolve(cwd, parsed.path), seed)
    case 'text':
      return loadText(resolve(cwd, parsed.path), parsed.length)
  }
}

/** The same set, cut short. */
function firstOf(set: ExampleSet, limit = set.count): ExampleSet {
  return limit >= set.count ? set : { ...set, count: limit, labels: set.labels.subarray(0, limit) }
}
