import { setTimeout as realSleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createLayout } from '../../src/interface/params.ts'
import type { RoundOptions, StatelessTrainer, TrainReport } from '../../src/interface/trainer.ts'
import { VirtualStatelessTrainer, VirtualTrainer } from '../../src/sim/virtual-trainer.ts'
import { QuadraticTrainer } from '../util/quadratic-trainer.ts'
import { setUp, watch } from './hosts.ts'

/** Takes real time, and does its steps one by one, for all to see who look. */
class SlowTrainer extends QuadraticTrainer {
  realMs = 0

  override async train(steps: number, options: { learningRate: number }): Promise<TrainReport> {
    for (let i = 0; i < steps; i++) {
      await super.train(1, options)
      await realSleep(this.realMs)
    }
    return { steps, examples: steps, loss: await this.loss() }
  }
}

/** Adds the round to every param, in slow steps. */
class AddingTrainer implements StatelessTrainer {
  readonly layout = createLayout([{ name: 'w', shape: [2], kind: 'kernel' }])
  readonly exampleCount = 7
  begun = 0
  stepsDone = 0

  async initialise(params: Float32Array): Promise<void> {
    params.fill(1)
  }

  async train(params: Float32Array, { round, steps, signal }: RoundOptions): Promise<TrainReport> {
    this.begun++
    let done = 0
    for (; done < steps && !signal?.aborted; done++) {
      params.forEach((value, i) => {
        params[i] = value + round
      })
      this.stepsDone++
      await realSleep(1)
    }
    return { steps: done, examples: done, loss: 0 }
  }

  async evaluate(params: Float32Array) {
    return { accuracy: params[0]!, loss: 0, examples: 1 }
  }

  async fisher(params: Float32Array, out: Float32Array): Promise<void> {
    out.set(params.map((value) => value * value))
  }

  async close(): Promise<void> {}
}

describe('a trainer', () => {
  function virtual(realMs = 0, slowness = 1) {
    const { simulator } = setUp(0)
    const real = new SlowTrainer([10, 20])
    real.realMs = realMs
    const host = simulator.join('node0', { slowness })
    return { simulator, host, real, trainer: new VirtualTrainer({ trainer: real, host, stepMs: 5 }) }
  }

  test('takes virtual time for its steps, some for losses and Fisher vectors, and none to evaluate', async () => {
    const { simulator, trainer } = virtual(1, 2)
    const trained = watch(simulator, trainer.train(4, { learningRate: 0.5 }))
    await simulator.run({})
    expect(trained.outcome).toMatchObject({ value: { steps: 4 }, ms: 40 })
    expect(trainer.params[0]).toBeCloseTo(10 * (1 - 0.5 ** 4), 5)

    trainer.params.fill(10)
    const loss = watch(simulator, trainer.loss([0, 1, 2, 3, 4, 5]))
    await simulator.run({})
    const out = new Float32Array(2)
    const fisher = watch(simulator, trainer.fisher(out, { examples: 16, labels: 'exact', round: 1 }))
    await simulator.run({})
    const evaluated = watch(simulator, trainer.evaluate({ limit: 3 }))
    await simulator.run({})
    // of the params as they are now
    expect(loss.outcome).toEqual({ value: 50, ms: expect.closeTo(40 + 10 * (6 / 32 / 3), 6) })
    expect(fisher.outcome).toEqual({ value: undefined, ms: expect.closeTo(45.625, 6) })
    expect([...out]).toEqual([1, 1])
    expect(evaluated.outcome).toMatchObject({ value: { loss: 50 }, ms: expect.closeTo(45.625, 6) })
    expect(trainer).toMatchObject({ exampleCount: 100, layout: { dim: 2 } })
  })

  test('shows nothing of the steps before their virtual time is over', async () => {
    const { simulator, trainer } = virtual(1)
    const seen: number[] = []
    const training = trainer.train(4, { learningRate: 0.5 })
    simulator.schedule(19, () => {
      seen.push(trainer.params[0]!)
    })
    await simulator.run({})
    await training
    expect(seen).toEqual([0])
  })

  test('does one call at a time', async () => {
    const { simulator, trainer } = virtual()
    const first = trainer.train(1, { learningRate: 1 })
    await expect(trainer.evaluate()).rejects.toMatchObject({ code: 'ERR_TRAINER_BUSY' })
    await simulator.run({})
    await first
  })

  test('an aborted call is as if it had not been, for all that can be seen', async () => {
    const ends: { params: number[]; real: number[]; digest: string }[] = []
    for (const realMs of [0, 1, 7]) {
      const { simulator, trainer, real } = virtual(realMs)
      const abort = new AbortController()
      const options = { learningRate: 0.5, signal: abort.signal }
      const aborted = watch(simulator, trainer.train(4, options))
      let next: ReturnType<typeof watch<TrainReport>> | undefined
      simulator.schedule(12, () => abort.abort(new Error('enough')))
      simulator.schedule(13, () => {
        expect([...trainer.params]).toEqual([0, 0])
        next = watch(simulator, trainer.train(2, { learningRate: 0.5 }))
      })
      await simulator.run({})
      expect(aborted.outcome).toEqual({ code: 'enough', ms: 12 })
      expect(next!.outcome).toMatchObject({ value: { steps: 2 }, ms: 23 })
      ends.push({ params: [...trainer.params], real: [...real.params], digest: simulator.digest })
    }
    expect(ends[0]!.params).toEqual([7.5, 15])
    expect(ends[1]).toEqual(ends[0])
    expect(ends[2]).toEqual(ends[0])
  })
})

describe('a stateless trainer', () => {
  test('trains in virtual time, on a copy', async () => {
    const { simulator, hosts } = setUp(1)
    const trainer = new VirtualStatelessTrainer({ trainer: new AddingTrainer(), host: hosts[0]!, stepMs: 5 })
    const params = new Float32Array(2)
    const first = watch(simulator, trainer.initialise(params))
    await simulator.run({})
    expect(first.outcome).toMatchObject({ ms: 0 })
    expect([...params]).toEqual([1, 1])

    const trained = watch(simulator, trainer.train(params, { round: 3, steps: 4, learningRate: 1 }))
    simulator.schedule(19, () => expect([...params]).toEqual([1, 1]))
    await simulator.run({})
    expect(trained.outcome).toMatchObject({ value: { steps: 4 }, ms: 20 })
    expect([...params]).toEqual([13, 13])

    const evaluated = watch(simulator, trainer.evaluate(params))
    await simulator.run({})
    expect(evaluated.outcome).toMatchObject({ value: { accuracy: 13 }, ms: 20 })

    const out = new Float32Array(2)
    const fisher = watch(simulator, trainer.fisher(params, out, { examples: 64, labels: 'sampled', round: 1 }))
    simulator.schedule(9, () => expect([...out]).toEqual([0, 0]))
    await simulator.run({})
    expect(fisher.outcome).toEqual({ value: undefined, ms: 30 })
    expect([...out]).toEqual([169, 169])
  })

  test('an aborted call stops the work, and leaves the params alone', async () => {
    const { simulator, hosts } = setUp(1)
    const real = new AddingTrainer()
    const trainer = new VirtualStatelessTrainer({ trainer: real, host: hosts[0]!, stepMs: 5 })
    const params = new Float32Array(2)
    const abort = new AbortController()
    const aborted = watch(
      simulator,
      trainer.train(params, { round: 1, steps: 1000, learningRate: 1, signal: abort.signal })
    )
    let next: ReturnType<typeof watch<TrainReport>> | undefined
    simulator.schedule(50, () => abort.abort(new Error('enough')))
    simulator.schedule(51, () => {
      next = watch(simulator, trainer.train(params, { round: 2, steps: 2, learningRate: 1 }))
    })
    await simulator.run({})

    expect(aborted.outcome).toEqual({ code: 'enough', ms: 50 })
    expect(next!.outcome).toMatchObject({ ms: 61 })
    expect([...params]).toEqual([4, 4])
    expect(real.stepsDone).toBeLessThan(500)
  })
})
