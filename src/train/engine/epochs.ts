import type { Rng } from '../../interface/rng.ts'
import { createRng } from '../../math/philox.ts'

/** The generator of each epoch of a stream of batches: the same for the same seed, stream and epoch, on every machine. */
export function epochRngs(seed: number, stream: string): (epoch: number) => Rng {
  return (epoch) => createRng(seed, epoch === 0 ? stream : `${stream}:epoch:${epoch}`)
}
