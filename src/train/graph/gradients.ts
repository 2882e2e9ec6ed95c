import type { Graph, TapeEntry, Value } from './graph.ts'
import { add } from './ops/elementwise.ts'
import { fill } from './ops/reshape.ts'
import { GraphError } from './shape.ts'

/**
 * Appends the backward pass: reverse-mode differentiation of `loss`, a scalar,
 * by playing the tape backwards.
 *
 * @param wrt - what to differentiate by
 * @returns d loss / d wrt[i], each of the shape of wrt[i]; zeros where the loss does not depend on it
 */
export function gradients(g: Graph, loss: Value, wrt: readonly Value[]): Value[] {
  return g.unrecorded(() => {
    const cotangents = backward(g, loss, wrt)

    return wrt.map((value) => cotangents.get(value.name) ?? fill(g, 0, value.shape))
  })
}

/**
 * The backward pass itself, unrecorded.
 *
 * @returns by name, d loss / d value for `wrt` and all that lies between, where the loss depends on it
 */
export function backward(g: Graph, loss: Value, wrt: readonly Value[]): ReadonlyMap<string, Value> {
  if (loss.shape.length !== 0) throw new GraphError(`loss must be a scalar, got shape (${loss.shape})`)

  return g.unrecorded(() => {
    const cotangents = new Map([[loss.name, g.scalar(1)]])
    for (const entry of entriesBetween(g.tape, wrt).reverse()) pullBack(g, entry, cotangents)

    return cotangents
  })
}

/** The entries whose outputs depend on `wrt`, in order of the tape. */
function entriesBetween(tape: readonly TapeEntry[], wrt: readonly Value[]): TapeEntry[] {
  const dependent = new Set(wrt.map(({ name }) => name))

  return tape.filter(({ inputs, outputs }) => {
    const depends = inputs.some(({ name }) => dependent.has(name))
    if (depends) for (const { name } of outputs) dependent.add(name)

    return depends
  })
}

/** Adds what flows back through one operator to the cotangents of its inputs. */
function pullBack(g: Graph, { outputs, inputs, vjp }: TapeEntry, cotangents: Map<string, Value>): void {
  const incoming = outputs.map(({ name }) => cotangents.get(name))
  if (incoming.every((cotangent) => cotangent === undefined)) return

  for (const [i, contribution] of vjp(...incoming).entries()) {
    if (contribution === undefined) continue
    const { name } = inputs[i]!
    const sum = cotangents.get(name)
    cotangents.set(name, sum === undefined ? contribution : add(g, sum, contribution))
  }
}
