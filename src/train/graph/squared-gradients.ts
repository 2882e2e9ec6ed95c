import { backward } from './gradients.ts'
import type { Graph, TapeEntry, Value } from './graph.ts'
import { sumOfSquares } from './ops/elementwise.ts'
import { fill } from './ops/reshape.ts'
import { GraphError } from './shape.ts'

/**
 * Whether a batch's examples can be told apart at every tensor of `wrt`: each
 * goes into one operator, which has a rule for squares, and whose rows are the
 * examples. If not, {@link squaredGradients} takes one example at a time.
 *
 * Assumes that nothing mixes examples, as statistics of a batch would: no operator here does.
 *
 * @param batchSize - examples of the batch
 */
export function canTellApart(g: Graph, wrt: readonly Value[], batchSize: number): boolean {
  return wrt.every((value) => {
    const uses = usesOf(g, value)

    return uses.length <= 1 && uses.every((use) => isByExample(use, batchSize))
  })
}

/**
 * Appends backward passes whose squares are taken example by example: the sum
 * over `losses` and examples of (d loss of that example / d wrt[i])^2. (The
 * square of a batch's gradient is another thing.)
 *
 * Passes share the forward pass; a dense layer's squares take one product for all of them.
 *
 * @param losses - scalars, each a sum over examples
 * @param batchSize - examples of the batch: 1, unless {@link canTellApart}
 * @returns for each of `wrt` a tensor of its shape
 */
export function squaredGradients(
  g: Graph,
  losses: readonly Value[],
  wrt: readonly Value[],
  batchSize: number
): Value[] {
  const passes = losses.map((loss) => backward(g, loss, wrt))

  return g.unrecorded(() => {
    if (batchSize === 1) return wrt.map((value) => squares(g, value, cotangentsOf(passes, value)))
    if (!canTellApart(g, wrt, batchSize)) throw new GraphError(`squares of ${batchSize} examples at once`)

    const byName = new Map<string, Value>()
    for (const use of usesOf(g, ...wrt)) keepSquares(use, cotangentsOf(passes, use.outputs[0]!), byName)

    return wrt.map((value) => byName.get(value.name) ?? fill(g, 0, value.shape))
  })
}

type Pass = ReadonlyMap<string, Value>

function squares(g: Graph, { shape }: Value, gradientsOfPasses: readonly Value[]): Value {
  return gradientsOfPasses.length === 0 ? fill(g, 0, shape) : sumOfSquares(g, gradientsOfPasses)
}

function keepSquares(use: TapeEntry, cotangents: readonly Value[], byName: Map<string, Value>): void {
  if (cotangents.length === 0) return

  for (const [i, square] of use.squaredVjp!(cotangents).entries()) {
    if (square !== undefined) byName.set(use.inputs[i]!.name, square)
  }
}

function cotangentsOf(passes: readonly Pass[], { name }: Value): Value[] {
  return passes.flatMap((cotangents) => cotangents.get(name) ?? [])
}

function usesOf(g: Graph, ...values: readonly Value[]): TapeEntry[] {
  const names = new Set(values.map(({ name }) => name))

  return g.tape.filter(({ inputs }) => inputs.some(({ name }) => names.has(name)))
}

function isByExample({ squaredVjp, outputs }: TapeEntry, batchSize: number): boolean {
  return squaredVjp !== undefined && outputs.length === 1 && outputs[0]!.shape[0] === batchSize
}
