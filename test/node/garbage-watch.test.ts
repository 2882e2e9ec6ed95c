import { expect, onTestFinished, test } from 'vitest'
import { GarbageWatch } from '../../src/node/garbage-watch.ts'

/** Looks once at each of these sizes, in MB, and says before which of them it had collected. */
async function collectedAfter(sizes: readonly number[]): Promise<number[]> {
  const collected: number[] = []
  let look = -1
  let wake: () => void = () => undefined
  const watch = new GarbageWatch({
    clock: {
      now: () => 0,
      sleep: (_, { signal } = {}) =>
        new Promise((resolve, reject) => {
          wake = resolve
          signal?.addEventListener('abort', () => reject(signal.reason))
        })
    },
    bufferBytes: () => sizes[look]! * 1e6,
    collect: () => collected.push(look)
  })
  onTestFinished(() => watch.stop())
  await watch.start()
  for (look = 0; look < sizes.length; look++) {
    wake()
    await new Promise((resolve) => setImmediate(resolve))
  }

  return collected
}

test('collects when buffers have grown by more than a model and what is on its way', async () => {
  expect(await collectedAfter([12, 20, 11, 26, 28, 12, 27, 28])).toEqual([4, 7])
})

test('what is still there after a collection is in use, and no reason for another', async () => {
  expect(await collectedAfter([12, 112, 112, 115, 113, 130])).toEqual([1, 5])
})

test('a thread that has no gc is left alone', async () => {
  const watch = new GarbageWatch({ clock: { now: () => 0, sleep: () => Promise.reject(new Error('not used')) } })
  await watch.start()
  await watch.stop()
})
