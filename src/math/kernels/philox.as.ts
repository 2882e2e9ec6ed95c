// Philox4x32-10 in four lanes: counters (4 * block + lane, 0, 0, 0), that is 512 random bits a block.

/** The product of `x` with a constant is 64 bits a lane: `a` has those of lanes 0 and 1, `b` of lanes 2 and 3. */
// @ts-ignore: decorator
@inline function lowHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6)
}

// @ts-ignore: decorator
@inline function highHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7)
}

/**
 * Writes words 0 to 3 of a block, four lanes each, 64 bytes; their complements when `flip` is -1, not 0.
 *
 * Three of four counter words are zero, so the first round multiplies only the first one, and the second round knows
 * one of its two factors already: it is the same in all lanes.
 */
export function writeWords(to: usize, block: u32, key0: u32, key1: u32, flip: i32): void {
  const m0 = i32x4.splat(0xd2511f53)
  const m1 = i32x4.splat(0xcd9e8d57)
  const counter = i32x4.add(i32x4.splat(block << 2), i32x4(0, 1, 2, 3))
  let a = i64x2.extmul_low_i32x4_u(counter, m0)
  let b = i64x2.extmul_high_i32x4_u(counter, m0)
  let x2 = v128.xor(highHalves(a, b), i32x4.splat(key1))
  let x3 = lowHalves(a, b)

  const first = <u64>key0 * 0xd2511f53
  let k0 = i32x4.splat(key0 + 0x9e3779b9)
  let k1 = i32x4.splat(key1 + 0xbb67ae85)
  a = i64x2.extmul_low_i32x4_u(x2, m1)
  b = i64x2.extmul_high_i32x4_u(x2, m1)
  let x0 = v128.xor(highHalves(a, b), k0)
  let x1 = lowHalves(a, b)
  x2 = v128.xor(v128.xor(i32x4.splat(<u32>(first >> 32)), x3), k1)
  x3 = i32x4.splat(<u32>first)

  for (let round = 2; round < 10; round++) {
    k0 = i32x4.add(k0, i32x4.splat(0x9e3779b9))
    k1 = i32x4.add(k1, i32x4.splat(0xbb67ae85))
    a = i64x2.extmul_low_i32x4_u(x0, m0)
    b = i64x2.extmul_high_i32x4_u(x0, m0)
    const c = i64x2.extmul_low_i32x4_u(x2, m1)
    const d = i64x2.extmul_high_i32x4_u(x2, m1)
    x0 = v128.xor(v128.xor(highHalves(c, d), x1), k0)
    x1 = lowHalves(c, d)
    x2 = v128.xor(v128.xor(highHalves(a, b), x3), k1)
    x3 = lowHalves(a, b)
  }
  const flips = i32x4.splat(flip)
  v128.store(to, v128.xor(x0, flips))
  v128.store(to, v128.xor(x1, flips), 16)
  v128.store(to, v128.xor(x2, flips), 32)
  v128.store(to, v128.xor(x3, flips), 48)
}
