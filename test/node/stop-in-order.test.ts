import { expect, test } from 'vitest'
import { stopInOrder } from '../../src/node/stop-in-order.ts'

test('every step is taken, in order, and the first failure is told', async () => {
  const done: number[] = []
  const fail = (message: string): never => {
    throw new Error(message)
  }
  const stopped = stopInOrder([
    async () => done.push(1),
    () => fail('second'),
    async () => fail('third'),
    () => undefined,
    async () => done.push(5)
  ])
  await expect(stopped).rejects.toThrow('second')
  expect(done).toEqual([1, 5])
})

test('nothing to stop is stopped', async () => {
  await stopInOrder([])
})
