import { readFileSync } from 'node:fs'

/** A byte offset in the memory; what lies there is said in the kernels' sources. */
type Pointer = number

/** What `kernels.wasm` exports. `inputs` and `outs` point to tables of pointers. */
export interface Kernels {
  dot(a: Pointer, b: Pointer, length: number): number
  squaredDistance(a: Pointer, b: Pointer, length: number): number
  allFinite(a: Pointer, length: number): number
  weightedSum(out: Pointer, inputs: Pointer, weights: Pointer, n: number, scratch: Pointer, length: number): void
  weightedSums(
    outs: Pointer,
    m: number,
    inputs: Pointer,
    n: number,
    coefficients: Pointer,
    scratch: Pointer,
    length: number
  ): void
  gram(out: Pointer, inputs: Pointer, n: number, reference: Pointer, scratch: Pointer, length: number): void
  columnMeans(
    out: Pointer,
    inputs: Pointer,
    n: number,
    network: Pointer,
    comparators: number,
    from: number,
    to: number,
    scratch: Pointer,
    length: number
  ): void
  columnNearMedians(
    out: Pointer,
    inputs: Pointer,
    n: number,
    network: Pointer,
    comparators: number,
    keep: number,
    scratch: Pointer,
    length: number
  ): void
  addSigns(
    acc: Pointer,
    start: number,
    length: number,
    keys: Pointer,
    coefficients: Pointer,
    n: number,
    scratch: Pointer
  ): void
  perturb(
    out: Pointer,
    base: Pointer,
    start: number,
    length: number,
    key: Pointer,
    epsilon: number,
    scratch: Pointer
  ): void
  perturbMoved(
    out: Pointer,
    base: Pointer,
    acc: Pointer,
    scale: number,
    start: number,
    length: number,
    key: Pointer,
    epsilon: number,
    scratch: Pointer
  ): void
  move(out: Pointer, base: Pointer, acc: Pointer, scale: number, length: number): void
}

export function loadKernels(memory: WebAssembly.Memory): Kernels {
  const wasm = new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)))

  return new WebAssembly.Instance(wasm, { env: { memory } }).exports as unknown as Kernels
}
