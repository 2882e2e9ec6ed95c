import { expect, test } from 'vitest'
import { SimulatedSigning } from '../../src/sim/signing.ts'

const statement = Uint8Array.of(1, 2, 3)

test("a signature is its author's, over these bytes, and nobody else's", () => {
  const signing = new SimulatedSigning()
  const { sign, verify } = signing.of('ann')
  const signature = sign(statement)

  expect(verify('ann', statement, signature)).toBe(true)
  expect(signing.of('bob').verify('ann', statement, Buffer.from(signature))).toBe(true)
  expect(verify('bob', statement, signature)).toBe(false)
  expect(verify('ann', Uint8Array.of(1, 2, 4), signature)).toBe(false)
  expect(verify('ann', Uint8Array.of(1, 2, 3, 0), signature)).toBe(false)
  expect(
    verify(
      'ann',
      statement,
      signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte))
    )
  ).toBe(false)
})

test('what was signed is not what the caller makes of the bytes later', () => {
  const { sign, verify } = new SimulatedSigning().of('ann')
  const bytes = Uint8Array.from(statement)
  const signature = sign(bytes)
  bytes[0] = 9

  expect(verify('ann', bytes, signature)).toBe(false)
  expect(verify('ann', statement, signature)).toBe(true)
})

test("a signature made elsewhere, by the same name, is verified like a stranger's", () => {
  const signature = new SimulatedSigning().of('ann').sign(statement)
  const { verify } = new SimulatedSigning().of('bob')

  expect(verify('ann', statement, signature)).toBe(true)
  expect(verify('cleo', statement, signature)).toBe(false)
})
