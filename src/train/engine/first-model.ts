import type { Params } from '../../interface/params.ts'
import { createRng } from '../../math/philox.ts'
import { initParams } from '../models/init.ts'
import { layoutOf, type Model } from '../models/model.ts'
import { readWeights } from '../weights-file.ts'
import type { OpenTrainer } from './messages.ts'

/** A model to begin with, read from a safetensors file. */
export interface StartFile {
  readonly path: string
  /** Of the whole file, in hex; a file with another one is refused. */
  readonly sha256: string
}

/** `common`: drawn from the seed, the same for every node; `independent`: drawn for each node. */
export type Start = 'common' | 'independent' | StartFile

export type FirstModelInit = Pick<OpenTrainer, 'model' | 'seed' | 'start' | 'stream'>

/**
 * The model that a node begins with, all its tensors in one vector.
 *
 * @throws {WeightsError} ERR_WEIGHTS_*
 */
export async function firstModel(
  { seed, start = 'common', stream }: Omit<FirstModelInit, 'model'>,
  model: Model
): Promise<Params> {
  const layout = layoutOf(model)
  if (typeof start === 'object') return readWeights(start.path, { layout, sha256: start.sha256 })

  const params = new Float32Array(layout.dim)
  initParams(model, layout, createRng(seed, start === 'common' ? 'init' : `init:${stream}`), params)

  return params
}
