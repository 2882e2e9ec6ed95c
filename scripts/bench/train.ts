/**
 * Times a full training step (forward, backward, momentum) of each model,
 * and PyTorch's in the same run, round about: whatever slows the machine
 * down slows both. Needs `python3-torch` for the comparison.
 *
 * `npm run bench -- train [--threads N] [--rounds N] [--no-spin] [MODEL...]`
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createRng } from '../../src/math/philox.ts'
import { compileStep } from '../../src/train/compile.ts'
import { loadRuntime } from '../../src/train/engine/runtime.ts'
import { createStep, type StepExecutor } from '../../src/train/engine/step.ts'
import { initParams } from '../../src/train/models/init.ts'
import type { DataShape } from '../../src/train/models/model.ts'
import { createModel, type ModelSpec } from '../../src/train/models/registry.ts'
import type { StepProgram } from '../../src/train/program.ts'
import { PyTorch } from './pytorch.ts'
import { median } from './stats.ts'

interface Case {
  readonly spec: ModelSpec
  readonly data: DataShape
  readonly batchSize: number
  /** Steps a round: about a fifth of a second. */
  readonly steps: number
  /** Time over PyTorch's time, at most. */
  readonly target: number
}

const image = (side: number, channels: number): DataShape => ({
  shape: [side, side, channels],
  type: 'float32',
  classes: 10
})
const CASES: readonly Case[] = [
  { spec: { name: 'mlp' }, data: image(28, 1), batchSize: 256, steps: 100, target: 1.2 },
  { spec: { name: 'lenet' }, data: image(28, 1), batchSize: 32, steps: 8, target: 1.3 },
  { spec: { name: 'resnet8' }, data: image(32, 3), batchSize: 32, steps: 6, target: 1.4 },
  { spec: { name: 'gpt' }, data: { shape: [128], type: 'int32', classes: 512 }, batchSize: 8, steps: 5, target: 1.1 }
]
/** Threads of the side that just ran have stopped spinning by then. */
const SETTLE_MS = 150
const LEARNING_RATE = 0.01

interface Options {
  readonly threads: number
  readonly spin: boolean
  readonly rounds: number
}

/** Runs `steps` steps and returns how many milliseconds they took. */
type Side = (steps: number) => Promise<number>

function ourSide(executor: StepExecutor, program: StepProgram, params: Float32Array): Side {
  const bound = executor.bind({ params, state: new Float32Array(program.stateDim) })

  return async (steps) => {
    let left = steps
    const start = performance.now()
    await bound.run({ learningRate: LEARNING_RATE, firstStep: 1, fill: () => --left === 0 })
    return performance.now() - start
  }
}

async function measure(entry: Case, options: Options, pytorch: PyTorch | undefined): Promise<string> {
  const { spec, data, batchSize, steps, target } = entry
  const model = createModel(spec, data)
  const program = compileStep(model, { batchSize, optimiser: { name: 'sgd' } })
  const executor = await createStep('cpu', { ort: await loadRuntime('cpu', options), program, options })
  try {
    fillBatch(executor, data)
    const params = new Float32Array(program.layout.dim)
    initParams(model, program.layout, createRng(1, 'init'), params)
    const ours = ourSide(executor, program, params)
    const theirs = pytorch && ((count: number) => pytorch.time(spec.name, count))
    const times = await alternate(ours, theirs, steps, options.rounds)

    return row(entry, times, target)
  } finally {
    await executor.release()
  }
}

interface Times {
  /** Milliseconds a step, one for each round. */
  readonly ours: number[]
  readonly theirs: number[]
}

async function alternate(ours: Side, theirs: Side | undefined, steps: number, rounds: number): Promise<Times> {
  const times: Times = { ours: [], theirs: [] }
  await ours(3)
  await theirs?.(3)

  for (let round = 0; round < rounds; round++) {
    await sleep(SETTLE_MS)
    times.ours.push((await ours(steps)) / steps)
    if (theirs === undefined) continue
    await sleep(SETTLE_MS)
    times.theirs.push((await theirs(steps)) / steps)
  }

  return times
}

function fillBatch({ x, labels }: StepExecutor, { type, classes }: DataShape): void {
  const rng = createRng(7, 'bench')
  for (let i = 0; i < x.length; i++) x[i] = type === 'int32' ? rng.below(classes) : rng.normal()
  for (let i = 0; i < labels.length; i++) labels[i] = rng.below(classes)
}

function row({ spec, batchSize }: Case, { ours, theirs }: Times, target: number): string {
  const label = `${spec.name}, batch ${batchSize}`.padEnd(20)
  const starling = median(ours).toFixed(2).padStart(9)
  if (theirs.length === 0) return `${label}${starling}`

  const ratio = median(ours.map((ms, round) => ms / theirs[round]!))
  const verdict = ratio <= target ? 'met' : 'missed'
  const columns = [starling, median(theirs).toFixed(2).padStart(9), ratio.toFixed(2).padStart(9)]

  return `${label}${columns.join('')}${target.toFixed(1).padStart(9)}  ${verdict}`
}

export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      threads: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '15' },
      'no-spin': { type: 'boolean', default: false }
    }
  })
  const options = { threads: Number(values.threads), rounds: Number(values.rounds), spin: !values['no-spin'] }
  const cases = CASES.filter(({ spec }) => positionals.length === 0 || positionals.includes(spec.name))
  const pytorch = await PyTorch.start('train-pytorch.py', options.threads)

  console.log(`training step, ${options.threads} threads, median of ${options.rounds} rounds, ms`)
  if (pytorch === undefined) console.log('PyTorch is not installed (apt-get install python3-torch): not compared')
  else console.log(`${''.padEnd(20)} starling  PyTorch    ratio   target  (PyTorch ${pytorch.version})`)
  try {
    for (const entry of cases) console.log(await measure(entry, options, pytorch))
  } finally {
    await pytorch?.stop()
  }
}
