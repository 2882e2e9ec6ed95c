import { expect, test } from 'vitest'
import { CodedError } from '../../src/interface/errors.ts'
import { guarded, guardedStateless } from '../../src/learners/guarded-trainer.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { QuadraticTrainer } from '../util/quadratic-trainer.ts'
import { StatelessQuadraticTrainer } from '../util/stateless-quadratic-trainer.ts'

function guard() {
  const vectors = new VectorHeap()
  let diverged = 0
  const overflows: number[] = []
  const init = { vectors, onDiverged: () => void diverged++, onOverflow: (round: number) => void overflows.push(round) }

  return { vectors, init, overflows, count: () => diverged }
}
const options = { learningRate: 0.5 }

test('a training that goes well is left alone', async () => {
  const { vectors, init, count } = guard()
  const trainer = guarded(new QuadraticTrainer([4, 8]), init)
  const report = await trainer.train(1, options)

  expect(trainer.params).toEqual(Float32Array.of(2, 4))
  expect(report).toMatchObject({ steps: 1, loss: 10 })
  expect([count(), vectors.usedBytes]).toEqual([0, 0])
})

test.each([
  { id: 'NaN', learningRate: Number.NaN },
  { id: 'infinity', learningRate: Number.MAX_VALUE }
])('one that ends in $id is undone, and said; its loss is a number', async ({ learningRate }) => {
  const { vectors, init, count } = guard()
  const trainer = guarded(new QuadraticTrainer([4, 8]), init)
  trainer.params.set([1, 2])
  const report = await trainer.train(3, { learningRate })

  expect(trainer.params).toEqual(Float32Array.of(1, 2))
  expect(report).toMatchObject({ steps: 3, loss: 1e6 })
  expect([count(), vectors.usedBytes]).toEqual([1, 0])
})

test('a stateless one too, in the memory that it was given', async () => {
  const { vectors, init, count } = guard()
  const trainer = guardedStateless(new StatelessQuadraticTrainer([4, 8]), init)
  const params = Float32Array.of(1, 2)
  await trainer.train(params, { round: 1, steps: 1, learningRate: Number.NaN })
  expect(params).toEqual(Float32Array.of(1, 2))
  await trainer.train(params, { round: 2, steps: 1, learningRate: 1 })

  expect(params).toEqual(Float32Array.of(4, 8))
  expect([count(), vectors.usedBytes]).toEqual([1, 0])
})

const FISHER = { examples: 4, labels: 'exact', round: 7 } as const

test.each(['live', 'stateless'])(
  'a Fisher vector of a %s trainer that overflows becomes zero, and it is said',
  async (kind) => {
    const { init, overflows } = guard()
    const [live, stateless] = [new QuadraticTrainer([4, 8]), new StatelessQuadraticTrainer([4, 8])]
    const out = Float32Array.of(5, 5)
    const estimate = async (): Promise<void> =>
      kind === 'live'
        ? guarded(live, init).fisher(out, FISHER)
        : guardedStateless(stateless, init).fisher(Float32Array.of(1, 2), out, FISHER)
    await estimate()
    expect([[...out].every((value) => value > 0), overflows]).toEqual([true, []])

    live.fisher = stateless.fisher = () => Promise.reject(new CodedError('ERR_FISHER_NOT_FINITE', 'too large'))
    await estimate()
    expect([[...out], overflows]).toEqual([[0, 0], [7]])

    live.fisher = stateless.fisher = () => Promise.reject(new CodedError('ERR_PARAMS_DIM', 'other'))
    await expect(estimate()).rejects.toMatchObject({ code: 'ERR_PARAMS_DIM' })
  }
)

test('gives the memory back when training fails', async () => {
  const { vectors, init } = guard()
  const inner = new QuadraticTrainer([1])
  inner.train = () => Promise.reject(new Error('gone'))

  await expect(guarded(inner, init).train(1, options)).rejects.toThrow('gone')
  expect(vectors.usedBytes).toBe(0)
})
