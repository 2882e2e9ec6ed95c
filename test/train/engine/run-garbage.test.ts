import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { RunGarbage } from '../../../src/train/engine/run-garbage.ts'

const source = (path: string): string => new URL(`../../../src/train/engine/${path}`, import.meta.url).href

describe('RunGarbage', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  test('collects the young ones once enough lies about, in a turn of its own', async () => {
    const gc = vi.fn()
    vi.stubGlobal('gc', gc)
    const garbage = new RunGarbage()

    expect(garbage.add(5_000_000)).toBeUndefined()
    const due = garbage.add(5_000_000)
    await Promise.resolve()
    expect(gc).not.toHaveBeenCalled()
    await due
    expect(gc.mock.calls).toEqual([[{ type: 'minor' }]])
    expect(garbage.add(5_000_000)).toBeUndefined() // counts from nothing again
  })

  test('does nothing in a thread that has no gc', () => {
    vi.stubGlobal('gc', undefined)

    expect(new RunGarbage().add(100_000_000)).toBeUndefined()
  })
})

interface Training {
  requests: number
  /** Of each request. */
  steps: number
}

/** Trains and prints how many bytes of arrays there were at most, in a process with these flags. */
function peakOfTraining(flags: readonly string[], { requests, steps }: Training): number {
  const code = `
    import { Executors } from '${source('executors.ts')}'
    import { referenceProgram } from '${source('measure-steps.ts')}'
    const program = referenceProgram()
    const { executor, release } = await new Executors('cpu', { threads: 1, spin: false }).step(program)
    const bound = executor.bind({
      params: new Float32Array(program.layout.dim),
      state: new Float32Array(program.stateDim)
    })
    let peak = 0
    for (let request = 0; request < ${requests}; request++) {
      let left = ${steps}
      const fill = () => {
        peak = Math.max(peak, process.memoryUsage().arrayBuffers)
        return --left === 0
      }
      await bound.run({ learningRate: 0.01, firstStep: 1 + request * ${steps}, fill })
    }
    await release()
    console.log(peak)`

  return Number(execFileSync(process.execPath, [...flags, '--input-type=module', '-e', code], { encoding: 'utf8' }))
}

describe('a thread that trains with a gc', () => {
  test('does not pile up what onnxruntime hands back', () => {
    const training = { requests: 1, steps: 100 }

    expect(peakOfTraining(['--expose-gc'], training)).toBeLessThan(30e6)
    expect(peakOfTraining([], training)).toBeGreaterThan(40e6) // else the above says nothing
  })

  // unoptimised, a function that has ended still holds what it last waited for
  test('nor what a request that has ended was given', () => {
    const flags = ['--expose-gc', '--semi-space-growth-factor=1', '--no-parallel-scavenge', '--no-opt']

    expect(peakOfTraining(flags, { requests: 20, steps: 16 })).toBeLessThan(32e6)
  })
})
