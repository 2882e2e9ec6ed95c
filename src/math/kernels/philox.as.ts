// Philox4x32-10 in four lanes: counters (4 * block + lane, 0, 0, 0), that is 512 random bits a block.
//
// Three of four counter words are zero, so two rounds are shorter: the first multiplies only the first word, and the
// second knows one of its two factors already, which is the key.
const M0: u32 = 0xd2511f53
const M1: u32 = 0xcd9e8d57
const W0: u32 = 0x9e3779b9
const W1: u32 = 0xbb67ae85

// The product of a register with a constant has 64 bits a lane: `a` has those of lanes 0 and 1, `b` of lanes 2 and 3.

// @ts-ignore: decorator
@inline function lowHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6)
}

// @ts-ignore: decorator
@inline function highHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7)
}

// @ts-ignore: decorator
@inline function storeFour(to: usize, x0: v128, x1: v128, x2: v128, x3: v128, flip: i32): void {
  const flips = i32x4.splat(flip)
  v128.store(to, v128.xor(x0, flips))
  v128.store(to, v128.xor(x1, flips), 16)
  v128.store(to, v128.xor(x2, flips), 32)
  v128.store(to, v128.xor(x3, flips), 48)
}

/** What all keys have in common in a block: the product of the first round, low halves and high halves, 32 bytes. */
export function writeHead(to: usize, block: u32): void {
  const counter = i32x4.add(i32x4.splat(block << 2), i32x4(0, 1, 2, 3))
  const a = i64x2.extmul_low_i32x4_u(counter, i32x4.splat(M0))
  const b = i64x2.extmul_high_i32x4_u(counter, i32x4.splat(M0))
  v128.store(to, lowHalves(a, b))
  v128.store(to, highHalves(a, b), 16)
}

/**
 * Words 0 to 3 of a block, four lanes each, 64 bytes, of two keys (two u32 each): at once, as each round waits for the
 * one before. Their complements where `flip` is -1, not 0. `xHead`, `yHead`: of the blocks, by {@link writeHead}.
 */
export function writePair(
  to: usize, xHead: usize, xKey: usize, xFlip: i32, yHead: usize, yKey: usize, yFlip: i32
): void {
  const m0 = i32x4.splat(M0)
  const m1 = i32x4.splat(M1)
  const w0 = i32x4.splat(W0)
  const w1 = i32x4.splat(W1)
  let k0 = v128.load32_splat(xKey)
  let k1 = v128.load32_splat(xKey, 4)
  let l0 = v128.load32_splat(yKey)
  let l1 = v128.load32_splat(yKey, 4)

  let x2 = v128.xor(v128.load(xHead, 16), k1)
  let y2 = v128.xor(v128.load(yHead, 16), l1)
  const xProduct = <u64>load<u32>(xKey) * M0
  const yProduct = <u64>load<u32>(yKey) * M0
  k0 = i32x4.add(k0, w0)
  k1 = i32x4.add(k1, w1)
  l0 = i32x4.add(l0, w0)
  l1 = i32x4.add(l1, w1)
  const o = i64x2.extmul_low_i32x4_u(x2, m1)
  const p = i64x2.extmul_high_i32x4_u(x2, m1)
  const q = i64x2.extmul_low_i32x4_u(y2, m1)
  const r = i64x2.extmul_high_i32x4_u(y2, m1)
  let x0 = v128.xor(highHalves(o, p), k0)
  let y0 = v128.xor(highHalves(q, r), l0)
  let x1 = lowHalves(o, p)
  let y1 = lowHalves(q, r)
  x2 = v128.xor(v128.xor(i32x4.splat(<u32>(xProduct >> 32)), v128.load(xHead)), k1)
  y2 = v128.xor(v128.xor(i32x4.splat(<u32>(yProduct >> 32)), v128.load(yHead)), l1)
  let x3 = i32x4.splat(<u32>xProduct)
  let y3 = i32x4.splat(<u32>yProduct)

  for (let round = 2; round < 10; round++) {
    k0 = i32x4.add(k0, w0)
    k1 = i32x4.add(k1, w1)
    l0 = i32x4.add(l0, w0)
    l1 = i32x4.add(l1, w1)
    const a = i64x2.extmul_low_i32x4_u(x0, m0)
    const b = i64x2.extmul_high_i32x4_u(x0, m0)
    const c = i64x2.extmul_low_i32x4_u(x2, m1)
    const d = i64x2.extmul_high_i32x4_u(x2, m1)
    const e = i64x2.extmul_low_i32x4_u(y0, m0)
    const f = i64x2.extmul_high_i32x4_u(y0, m0)
    const g = i64x2.extmul_low_i32x4_u(y2, m1)
    const h = i64x2.extmul_high_i32x4_u(y2, m1)
    x0 = v128.xor(v128.xor(highHalves(c, d), x1), k0)
    x1 = lowHalves(c, d)
    x2 = v128.xor(v128.xor(highHalves(a, b), x3), k1)
    x3 = lowHalves(a, b)
    y0 = v128.xor(v128.xor(highHalves(g, h), y1), l0)
    y1 = lowHalves(g, h)
    y2 = v128.xor(v128.xor(highHalves(e, f), y3), l1)
    y3 = lowHalves(e, f)
  }
  storeFour(to, x0, x1, x2, x3, xFlip)
  storeFour(to + 64, y0, y1, y2, y3, yFlip)
}

/**
 * The words of `block` of one key; returns where they are. `scratch`: 192 bytes, which hold two heads and the words of
 * two blocks, an even one and the next; new ones are only made for the first and for even blocks.
 */
export function wordsOf(scratch: usize, block: u32, key: usize, isFirst: bool): usize {
  const words = scratch + 64
  if (isFirst || (block & 1) == 0) {
    writeHead(scratch, block & ~1)
    writeHead(scratch + 32, block | 1)
    writePair(words, scratch, key, 0, scratch + 32, key, 0)
  }
  return words + ((block & 1) << 6)
}
