import { demote, loadSome, promoteHigh, storeSome } from './lanes.as'

/** Columns of one sum in hand at once: 4 KiB of float64, and a stretch of each input that is worth reading ahead. */
const SUM_COLUMNS: i32 = 512

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
  for (let start = 0; start < whole; start += SUM_COLUMNS) {
    const bytes = <usize>min(SUM_COLUMNS, whole - start) << 3
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

/** Columns in hand at once: 20 rows of them as float64 are 10 KB. */
const COLUMNS: i32 = 64

// @ts-ignore: decorator
@inline function storePromoted(to: usize, x: v128): void {
  v128.store(to, f64x2.promote_low_f32x4(x))
  v128.store(to, promoteHigh(x), 16)
}

/** Four columns of an input in each `group` bytes from `to` on, as float64; zeros behind `count`. */
function promoteColumns(to: usize, group: usize, from: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    storePromoted(to, v128.load(from))
    from += 16
    to += group
  }
  if (count > 0) storePromoted(to, loadSome(from, count))
}

/** Four columns of four outputs: eight sums that don't wait for each other. `x`, `w`: four float64 for each input. */
function tile(outs: usize, rows: i32, x: usize, w: usize, n: i32, offset: usize, count: i32): void {
  let low0 = f64x2.splat(0)
  let low1 = f64x2.splat(0)
  let low2 = f64x2.splat(0)
  let low3 = f64x2.splat(0)
  let high0 = f64x2.splat(0)
  let high1 = f64x2.splat(0)
  let high2 = f64x2.splat(0)
  let high3 = f64x2.splat(0)
  const end = x + (<usize>n << 5)
  while (x < end) {
    const low = v128.load(x)
    const high = v128.load(x, 16)
    const w0 = v128.load64_splat(w)
    low0 = f64x2.add(low0, f64x2.mul(w0, low))
    high0 = f64x2.add(high0, f64x2.mul(w0, high))
    const w1 = v128.load64_splat(w, 8)
    low1 = f64x2.add(low1, f64x2.mul(w1, low))
    high1 = f64x2.add(high1, f64x2.mul(w1, high))
    const w2 = v128.load64_splat(w, 16)
    low2 = f64x2.add(low2, f64x2.mul(w2, low))
    high2 = f64x2.add(high2, f64x2.mul(w2, high))
    const w3 = v128.load64_splat(w, 24)
    low3 = f64x2.add(low3, f64x2.mul(w3, low))
    high3 = f64x2.add(high3, f64x2.mul(w3, high))
    x += 32
    w += 32
  }
  storeSome(<usize>load<u32>(outs) + offset, demote(low0, high0), count)
  if (rows > 1) storeSome(<usize>load<u32>(outs, 4) + offset, demote(low1, high1), count)
  if (rows > 2) storeSome(<usize>load<u32>(outs, 8) + offset, demote(low2, high2), count)
  if (rows > 3) storeSome(<usize>load<u32>(outs, 12) + offset, demote(low3, high3), count)
}

/**
 * outs[r][i] = sum over k of coefficient (r, k) * inputs[k][i], in float64 in the order of k, rounded once.
 * `outs`, `inputs`: m and n pointers (u32). `coefficients`: for every four outputs, n times the four coefficients of
 * one input; zeros where m is no multiple of four. `scratch`: 512 * n bytes.
 */
export function weightedSums(
  outs: usize, m: i32, inputs: usize, n: i32, coefficients: usize, scratch: usize, length: i32
): void {
  const group = <usize>n << 5 // bytes: four float64 for each input
  for (let start = 0; start < length; start += COLUMNS) {
    const count = min(COLUMNS, length - start)
    const offset = <usize>start << 2
    for (let k = 0; k < n; k++) {
      promoteColumns(scratch + (<usize>k << 5), group, <usize>load<u32>(inputs + (<usize>k << 2)) + offset, count)
    }
    for (let r = 0; r < m; r += 4) {
      const w = coefficients + <usize>r * (<usize>n << 3)
      let x = scratch
      for (let done = 0; done < count; done += 4) {
        tile(outs + (<usize>r << 2), m - r, x, w, n, offset + (<usize>done << 2), count - done)
        x += group
      }
    }
  }
}
