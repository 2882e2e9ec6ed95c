import { expect, test } from 'vitest'
import { exponentOf } from '../../../scripts/reproduce/robust/scaling.ts'

test.each([
  { id: 'linear', power: 1 },
  { id: 'quadratic', power: 2 },
  { id: 'falling', power: -0.5 }
])('the exponent of $id growth is found whatever its factor', ({ power }) => {
  const xs = [5, 10, 20, 40]

  expect(
    exponentOf(
      xs,
      xs.map((x) => 7 * x ** power)
    )
  ).toBeCloseTo(power, 10)
})

test('a constant time has no growth', () => {
  expect(exponentOf([10, 100, 1000], [3, 3, 3])).toBeCloseTo(0, 12)
})
