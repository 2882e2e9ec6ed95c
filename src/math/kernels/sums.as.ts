import { demote, loadSome, promoteHigh, storeSome } from './lanes.as'

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
