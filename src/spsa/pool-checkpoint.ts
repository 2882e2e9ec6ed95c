import type { Replica } from './replica.ts'
import { SeedPool, type SeedPoolInit } from './seed-pool.ts'

/**
 * All that counts in a replica, added up by candidate: whoever has the weights that the job began with can rebuild the
 * state from these K integers, to the last bit.
 *
 * @param init - of the job's pool
 * @throws {RangeError} when a projection was measured along a direction that is not of the pool
 */
export function poolOf(replica: Pick<Replica, 'terms'>, init: SeedPoolInit): SeedPool {
  const pool = new SeedPool(init)
  const candidates = new Map(pool.keys.map(({ key0, key1 }, k) => [`${key0} ${key1}`, k]))
  for (const { key, coefficient } of replica.terms()) {
    const candidate = candidates.get(`${key.key0} ${key.key1}`)
    if (candidate === undefined) throw new RangeError('a direction that is not of this pool')
    pool.add(candidate, coefficient)
  }

  return pool
}
