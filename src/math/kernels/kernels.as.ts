// AssemblyScript, compiled by `npm run build:kernels`. Each kernel has a TypeScript twin in
// ../vector.ts, ../columns.ts or ../signs.ts that gives the same bits; the order of additions is part of that promise.
export { columnMeans, columnNearMedians } from './columns.as'
export { gram } from './gram.as'
export { move, perturb, perturbMoved } from './perturb.as'
export { addSigns } from './signs.as'
export { weightedSum } from './sum.as'
export { weightedSums } from './sums.as'

// @ts-ignore: decorator
@inline function reduceLanes(low: v128, high: v128, ptrA: usize, ptrB: usize, tail: i32, subtract: bool): f64 {
  let s0 = f64x2.extract_lane(low, 0)
  let s1 = f64x2.extract_lane(low, 1)
  let s2 = f64x2.extract_lane(high, 0)
  for (let i = 0; i < tail; i++) {
    const a = <f64>load<f32>(ptrA + (<usize>i << 2))
    const b = <f64>load<f32>(ptrB + (<usize>i << 2))
    const term = subtract ? (a - b) * (a - b) : a * b
    if (i == 0) s0 += term
    else if (i == 1) s1 += term
    else s2 += term
  }
  return (s0 + s2) + (s1 + f64x2.extract_lane(high, 1))
}

/** Sum of a[i] * b[i] in float64, four lanes by i mod 4. */
export function dot(a: usize, b: usize, length: i32): f64 {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  const end = a + (<usize>(length & ~3) << 2)
  while (a < end) {
    const x = v128.load(a)
    const y = v128.load(b)
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)))
    const xHigh = v128.shuffle<i32>(x, x, 2, 3, 2, 3)
    const yHigh = v128.shuffle<i32>(y, y, 2, 3, 2, 3)
    high = f64x2.add(high, f64x2.mul(f64x2.promote_low_f32x4(xHigh), f64x2.promote_low_f32x4(yHigh)))
    a += 16
    b += 16
  }
  return reduceLanes(low, high, a, b, length & 3, false)
}

/** Sum of (a[i] - b[i])^2 in float64, four lanes by i mod 4. */
export function squaredDistance(a: usize, b: usize, length: i32): f64 {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  const end = a + (<usize>(length & ~3) << 2)
  while (a < end) {
    const x = v128.load(a)
    const y = v128.load(b)
    const dLow = f64x2.sub(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y))
    low = f64x2.add(low, f64x2.mul(dLow, dLow))
    const dHigh = f64x2.sub(
      f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3)),
      f64x2.promote_low_f32x4(v128.shuffle<i32>(y, y, 2, 3, 2, 3))
    )
    high = f64x2.add(high, f64x2.mul(dHigh, dHigh))
    a += 16
    b += 16
  }
  return reduceLanes(low, high, a, b, length & 3, true)
}

/** 1 when no element is NaN or infinite: an exponent of all ones marks both. */
export function allFinite(a: usize, length: i32): i32 {
  const exponent = i32x4.splat(0x7f800000)
  let bad = i32x4.splat(0)
  const end = a + (<usize>(length & ~3) << 2)
  while (a < end) {
    bad = v128.or(bad, i32x4.eq(v128.and(v128.load(a), exponent), exponent))
    a += 16
  }
  let tailBad = false
  for (let i = 0; i < (length & 3); i++) {
    if ((load<u32>(a + (<usize>i << 2)) & 0x7f800000) == 0x7f800000) tailBad = true
  }
  return v128.any_true(bad) || tailBad ? 0 : 1
}
