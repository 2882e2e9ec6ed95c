import { demote, loadSome, promoteHigh, storeSome } from './lanes.as'

// Sixteen columns at a time are sorted by a network of comparators: a comparator is two positions (u16), and puts the
// lesser value first. Four registers a row keep the processor busy while one waits.
const COLUMNS: i32 = 16

/** Of equal values, -0 and 0 among them, both stay where they are. */
// @ts-ignore: decorator
@inline function exchange(a: usize, b: usize): void {
  const x = v128.load(a)
  const y = v128.load(b)
  v128.store(a, f32x4.pmin(x, y))
  v128.store(b, f32x4.pmax(y, x))
}

/** Fills `block`, shape (n, 16), with the columns from `offset` on, and sorts each. */
function sortColumns(
  block: usize, inputs: usize, n: i32, comparators: usize, comparatorCount: i32, offset: usize, count: i32
): void {
  for (let k = 0; k < n; k++) {
    const from = <usize>load<u32>(inputs + (<usize>k << 2)) + offset
    const to = block + (<usize>k << 6)
    v128.store(to, loadSome(from, count))
    v128.store(to, loadSome(from + 16, count - 4), 16)
    v128.store(to, loadSome(from + 32, count - 8), 32)
    v128.store(to, loadSome(from + 48, count - 12), 48)
  }
  const end = comparators + (<usize>comparatorCount << 2)
  for (let at = comparators; at < end; at += 4) {
    const a = block + (<usize>load<u16>(at) << 6)
    const b = block + (<usize>load<u16>(at, 2) << 6)
    exchange(a, b)
    exchange(a + 16, b + 16)
    exchange(a + 32, b + 32)
    exchange(a + 48, b + 48)
  }
}

/**
 * out[i] = mean of those from `from` to before `to` in the order of inputs[0][i], ..., inputs[n - 1][i].
 * `inputs`: n pointers (u32). The network has to sort these positions. `scratch`: 64 * n bytes.
 */
export function columnMeans(
  out: usize, inputs: usize, n: i32, comparators: usize, comparatorCount: i32, from: i32, to: i32, scratch: usize,
  length: i32
): void {
  const divisor = f64x2.splat(<f64>(to - from))
  for (let start = 0; start < length; start += COLUMNS) {
    const offset = <usize>start << 2
    sortColumns(scratch, inputs, n, comparators, comparatorCount, offset, length - start)
    for (let c = 0; c < COLUMNS; c += 4) {
      let low = f64x2.splat(0)
      let high = f64x2.splat(0)
      let at = scratch + (<usize>from << 6) + (<usize>c << 2)
      for (let k = from; k < to; k++) {
        const x = v128.load(at)
        low = f64x2.add(low, f64x2.promote_low_f32x4(x))
        high = f64x2.add(high, promoteHigh(x))
        at += 64
      }
      const means = demote(f64x2.div(low, divisor), f64x2.div(high, divisor))
      storeSome(out + offset + (<usize>c << 2), means, length - start - c)
    }
  }
}

/** Whether the value `above` is nearer to the median than the value `below`, by lanes. */
// @ts-ignore: decorator
@inline function isNearer(above: v128, below: v128, median: v128): v128 {
  return f64x2.lt(f64x2.sub(above, median), f64x2.sub(median, below))
}

/**
 * Mean, in two lanes, of the `keep` nearest to the median of n sorted values that start at `column`, 64 bytes apart;
 * `half`: 0 for the lower two of the four columns there, 8 for the upper two.
 * The window starts behind the last k for which value k + keep is nearer than value k, so: k is in it unless that holds
 * for k, and if it holds for k - keep.
 */
function nearMedian(column: usize, n: i32, keep: i32): v128 {
  const middle = f64x2.promote_low_f32x4(v128.load64_zero(column + (<usize>((n - 1) >> 1) << 6)))
  const median = f64x2.mul(
    f64x2.add(middle, f64x2.promote_low_f32x4(v128.load64_zero(column + (<usize>(n >> 1) << 6)))), f64x2.splat(0.5)
  )
  const width = <usize>keep << 6
  let sum = f64x2.splat(0)
  let at = column
  for (let k = 0; k < n; k++) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(at))
    let term = x
    if (k + keep < n) term = v128.andnot(term, isNearer(f64x2.promote_low_f32x4(v128.load64_zero(at + width)), x, median))
    if (k >= keep) term = v128.and(term, isNearer(x, f64x2.promote_low_f32x4(v128.load64_zero(at - width)), median))
    sum = f64x2.add(sum, term)
    at += 64
  }
  return f64x2.div(sum, f64x2.splat(<f64>keep))
}

/** out[i] = mean of the `keep` nearest to the median of inputs[0][i], ..., inputs[n - 1][i]; else as {@link columnMeans}. */
export function columnNearMedians(
  out: usize, inputs: usize, n: i32, comparators: usize, comparatorCount: i32, keep: i32, scratch: usize, length: i32
): void {
  for (let start = 0; start < length; start += COLUMNS) {
    const offset = <usize>start << 2
    sortColumns(scratch, inputs, n, comparators, comparatorCount, offset, length - start)
    for (let c = 0; c < COLUMNS; c += 4) {
      const column = scratch + (<usize>c << 2)
      const means = demote(nearMedian(column, n, keep), nearMedian(column + 8, n, keep))
      storeSome(out + offset + (<usize>c << 2), means, length - start - c)
    }
  }
}
