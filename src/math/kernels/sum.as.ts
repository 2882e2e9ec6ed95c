import { demote, promoteHigh } from './lanes.as'

/** Columns in hand at once: 4 KiB of float64, and a stretch of each input that is worth reading ahead. */
const COLUMNS: i32 = 512

// @ts-ignore: decorator
@inline function addLow(sum: v128, w: v128, x: v128): v128 {
  return f64x2.add(sum, f64x2.mul(w, f64x2.promote_low_f32x4(x)))
}

// @ts-ignore: decorator
@inline function addHigh(sum: v128, w: v128, x: v128): v128 {
  return f64x2.add(sum, f64x2.mul(w, promoteHigh(x)))
}

/** Adds the terms of four inputs, a multiple of four columns each, to `sums`. */
function addFour(sums: usize, inputs: usize, weights: usize, offset: usize, end: usize): void {
  let a = <usize>load<u32>(inputs) + offset
  let b = <usize>load<u32>(inputs, 4) + offset
  let c = <usize>load<u32>(inputs, 8) + offset
  let d = <usize>load<u32>(inputs, 12) + offset
  const wa = v128.load64_splat(weights)
  const wb = v128.load64_splat(weights, 8)
  const wc = v128.load64_splat(weights, 16)
  const wd = v128.load64_splat(weights, 24)
  for (; sums < end; sums += 32) {
    const xa = v128.load(a)
    const xb = v128.load(b)
    const xc = v128.load(c)
    const xd = v128.load(d)
    v128.store(sums, addLow(addLow(addLow(addLow(v128.load(sums), wa, xa), wb, xb), wc, xc), wd, xd))
    v128.store(sums, addHigh(addHigh(addHigh(addHigh(v128.load(sums, 16), wa, xa), wb, xb), wc, xc), wd, xd), 16)
    a += 16
    b += 16
    c += 16
    d += 16
  }
}

/** The same for one input. */
function addOne(sums: usize, input: usize, weight: usize, end: usize): void {
  const w = v128.load64_splat(weight)
  for (; sums < end; sums += 32) {
    const x = v128.load(input)
    v128.store(sums, addLow(v128.load(sums), w, x))
    v128.store(sums, addHigh(v128.load(sums, 16), w, x), 16)
    input += 16
  }
}

/** Sums of one column, shape (n). */
function sumOfColumn(inputs: usize, weights: usize, n: i32, offset: usize): f64 {
  let sum: f64 = 0
  for (let k = 0; k < n; k++) {
    const x = load<f32>(<usize>load<u32>(inputs + (<usize>k << 2)) + offset)
    sum += load<f64>(weights + (<usize>k << 3)) * <f64>x
  }
  return sum
}

/**
 * out[i] = sum over k of weights[k] * inputs[k][i], in float64 in the order of k, rounded once.
 * `inputs`: n pointers (u32); `weights`: n float64; `scratch`: 4096 bytes. `out` may be one of the inputs.
 */
export function weightedSum(out: usize, inputs: usize, weights: usize, n: i32, scratch: usize, length: i32): void {
  const whole = length & ~3
  for (let start = 0; start < whole; start += COLUMNS) {
    const bytes = <usize>min(COLUMNS, whole - start) << 3
    const offset = <usize>start << 2
    const end = scratch + bytes
    memory.fill(scratch, 0, bytes)
    let k = 0
    for (; k + 4 <= n; k += 4) addFour(scratch, inputs + (<usize>k << 2), weights + (<usize>k << 3), offset, end)
    for (; k < n; k++) addOne(scratch, <usize>load<u32>(inputs + (<usize>k << 2)) + offset, weights + (<usize>k << 3), end)
    let to = out + offset
    for (let at = scratch; at < end; at += 32) {
      v128.store(to, demote(v128.load(at), v128.load(at, 16)))
      to += 16
    }
  }
  for (let i = whole; i < length; i++) {
    const offset = <usize>i << 2
    store<f32>(out + offset, <f32>sumOfColumn(inputs, weights, n, offset))
  }
}
