import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { poolFlag } from '../../../src/cli/swarm/pool-flag.ts'

test('a pool is a number, and how to choose from it', () => {
  expect(poolFlag('4096')).toEqual({ size: 4096, choice: 'uniform' })
  expect(poolFlag('64:weighted')).toEqual({ size: 64, choice: 'weighted' })
  expect(poolFlag('65536:uniform')).toEqual({ size: 65_536, choice: 'uniform' })
})

test.each(['', '0', '65537', '4k', '-1', '1.5', '64:', '64:best', 'weighted', ' 64'])('%j is refused', (text) => {
  expect(() => poolFlag(text)).toThrow(InvalidArgumentError)
})
