// What the kernels share. A vector register holds four float32 columns, or two of them as float64.

/** The upper two of four float32, as float64. */
// @ts-ignore: decorator
@inline export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3))
}

/** Two pairs of float64 as four float32, each rounded once. */
// @ts-ignore: decorator
@inline export function demote(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
}

/** The first `count` float32 at `at`, at most four, and zeros; reads nothing behind them. */
export function loadSome(at: usize, count: i32): v128 {
  let x = f32x4.splat(0)
  if (count >= 4) return v128.load(at)
  if (count > 0) x = v128.load32_lane(at, x, 0)
  if (count > 1) x = v128.load32_lane(at, x, 1, 4)
  if (count > 2) x = v128.load32_lane(at, x, 2, 8)
  return x
}

/** Writes the first `count` lanes, at most four. */
// @ts-ignore: decorator
@inline export function storeSome(at: usize, x: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, x)
    return
  }
  if (count > 0) v128.store32_lane(at, x, 0)
  if (count > 1) v128.store32_lane(at, x, 1, 4)
  if (count > 2) v128.store32_lane(at, x, 2, 8)
}
