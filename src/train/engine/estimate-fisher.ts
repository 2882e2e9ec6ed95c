import { CodedError, InvalidConfigError } from '../../interface/errors.ts'
import { elementCount } from '../../interface/params.ts'
import type { FisherOptions } from '../../interface/trainer.ts'
import { createRng } from '../../math/philox.ts'
import { allFinite } from '../../math/vector.ts'
import type { ExampleSet } from '../data/examples.ts'
import { BatchSampler } from './batch-sampler.ts'
import { epochRngs } from './epochs.ts'
import type { FisherExecutor, FisherRun } from './fisher.ts'

export interface FisherSource extends Pick<FisherRun, 'params' | 'frozen' | 'aborted'> {
  readonly set: ExampleSet
  /** What to draw from, indices into `set`; only read. */
  readonly slice: Uint32Array
  readonly seed: number
  /** Whose draw: nodes draw apart. */
  readonly stream: string
}

/**
 * A diagonal Fisher, see {@link compileFisher}, over examples that seed,
 * stream and round decide, none of them twice. The same input gives the same
 * bits on one device.
 *
 * @returns shape (dim), all finite and >= 0; undefined when aborted
 * @throws {CodedError} ERR_FISHER_NOT_FINITE
 */
export async function estimateFisher(
  executor: FisherExecutor,
  { set, slice, seed, stream, ...source }: FisherSource,
  { examples, round }: Pick<FisherOptions, 'examples' | 'round'>
): Promise<Float32Array | undefined> {
  const drawn = new BatchSampler(slice, epochRngs(seed, `fisher:${stream}:${round}`))
  const labels = createRng(seed, `fisher-labels:${stream}:${round}`)
  const fisher = await executor.run({
    ...source,
    // within the sampler's first epoch, so none repeats
    count: Math.min(examples, slice.length),
    fill: (_, row) => set.readInto(drawn.next(), executor.x, row * elementCount(set.shape)),
    uniform: () => labels.uniform()
  })
  if (fisher !== undefined && !allFinite(fisher)) {
    throw new CodedError('ERR_FISHER_NOT_FINITE', 'a squared gradient of this model is beyond float32: it has diverged')
  }

  return fisher
}

/** @throws {InvalidConfigError} for numbers and labels that cannot be */
export function checkFisher({ examples, labels, round }: FisherOptions): void {
  const isCount = Number.isInteger(examples) && examples >= 1
  const isRound = Number.isInteger(round) && round >= 0
  if (!isCount || !isRound || (labels !== 'exact' && labels !== 'sampled')) {
    throw new InvalidConfigError(
      `fisher(examples ${examples}, labels ${labels}, round ${round}): examples from 1, exact or sampled, round from 0`
    )
  }
}
