import { InvalidArgumentError } from 'commander'

/** A pool of directions, as in a job. */
export interface PoolFlag {
  size: number
  choice: 'uniform' | 'weighted'
}

/** As in a job file. */
const MAX_POOL = 65_536

/** Reads `4096` and `4096:weighted`; commander prints the flag's name before the message. */
export function poolFlag(text: string): PoolFlag {
  const [, digits, choice = 'uniform'] = /^(\d+)(?::(uniform|weighted))?$/.exec(text) ?? []
  const size = Number(digits)
  if (!(size >= 1 && size <= MAX_POOL)) {
    throw new InvalidArgumentError(
      `Expected a whole number from 1 to ${MAX_POOL}, then :uniform or :weighted or nothing.`
    )
  }

  return { size, choice: choice as PoolFlag['choice'] }
}
