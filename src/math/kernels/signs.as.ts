import { wordsOf, writeHead, writePair } from './philox.as'

// Word w of a block, bit 31 - b, lane l is the sign of its parameter 128 * w + 4 * b + l: the next four signs are at
// the top of a register, and a shift to the left brings up the four after them.
const BLOCK: i32 = 512
/** Directions in hand at once: 8 KiB of words and 2 KiB of tables fit a level 1 cache beside a block. */
const CHUNK: i32 = 128
const TABLES_AT: usize = <usize>CHUNK * 64
const HEAD_AT: usize = TABLES_AT + <usize>CHUNK * 16

/** All ones for -1, zero for 1. `i`: 0 to 511. */
// @ts-ignore: decorator
@inline export function maskOf(words: usize, i: i32): i32 {
  const word = load<i32>(words + ((<usize>i >> 7) << 4) + ((<usize>i & 3) << 2))
  return (word << ((i >> 2) & 31)) >> 31
}

/** Four sums plus c, and plus `change`, which is -2 c, where the sign at the top of a lane is negative. */
// @ts-ignore: decorator
@inline function addFour(sums: v128, signs: v128, c: v128, change: v128): v128 {
  return i32x4.add(i32x4.add(sums, c), v128.and(i32x4.lt_s(signs, i32x4.splat(0)), change))
}

/** at[i] += sign * c for a whole block. */
function addBlock(at: usize, words: usize, c: i32): void {
  const cs = i32x4.splat(c)
  const change = i32x4.splat(-2 * c)
  for (let w = 0; w < 4; w++) {
    let x = v128.load(words)
    for (const end = at + 512; at < end; at += 64) {
      v128.store(at, addFour(v128.load(at), x, cs, change))
      v128.store(at, addFour(v128.load(at, 16), i32x4.shl(x, 1), cs, change), 16)
      v128.store(at, addFour(v128.load(at, 32), i32x4.shl(x, 2), cs, change), 32)
      v128.store(at, addFour(v128.load(at, 48), i32x4.shl(x, 3), cs, change), 48)
      x = i32x4.shl(x, 4)
    }
    words += 16
  }
}

/** The same for parameters `from` to before `to` of a block; `at` is where the first of these is. */
function addPart(at: usize, words: usize, c: i32, from: i32, to: i32): void {
  for (let i = from; i < to; i++) {
    const m = maskOf(words, i)
    store<i32>(at, load<i32>(at) + ((c ^ m) - m))
    at += 4
  }
}

/**
 * Turns bits of four directions into indices: bit j of the nibble at bit 4 * q of register r becomes bit 4 * q + r of
 * direction j. In place; the registers are 64 bytes apart.
 */
// @ts-ignore: decorator
@inline function transposeNibbles(words: usize): void {
  const pairs = i8x16.splat(0x33)
  const odds = i8x16.splat(0x55)
  let x0 = v128.load(words)
  let x1 = v128.load(words, 64)
  let x2 = v128.load(words, 128)
  let x3 = v128.load(words, 192)
  let t = v128.and(v128.xor(i32x4.shr_u(x0, 2), x2), pairs)
  x2 = v128.xor(x2, t)
  x0 = v128.xor(x0, i32x4.shl(t, 2))
  t = v128.and(v128.xor(i32x4.shr_u(x1, 2), x3), pairs)
  x3 = v128.xor(x3, t)
  x1 = v128.xor(x1, i32x4.shl(t, 2))
  t = v128.and(v128.xor(i32x4.shr_u(x0, 1), x1), odds)
  v128.store(words, v128.xor(x0, i32x4.shl(t, 1)))
  v128.store(words, v128.xor(x1, t), 64)
  t = v128.and(v128.xor(i32x4.shr_u(x2, 1), x3), odds)
  v128.store(words, v128.xor(x2, i32x4.shl(t, 1)), 128)
  v128.store(words, v128.xor(x3, t), 192)
}

/** Takes `value`, times 2^shift, from four sums at `at`, and adds `total`. */
// @ts-ignore: decorator
@inline function settle(at: usize, value: v128, shift: i32, total: v128): void {
  v128.store(at, i32x4.add(i32x4.sub(v128.load(at), i32x4.shl(value, shift)), total))
}

/**
 * Settles sixteen parameters: `raw` has sums of bytes as sums of the pairs they come in, modulo 2^16, `high` those of
 * the upper bytes. Byte t of lane l is of the parameter at `at` + 4 * l - 128 * t.
 */
// @ts-ignore: decorator
@inline function settleBytes(at: usize, raw: v128, high: v128, shift: i32, total: v128): void {
  const low = i16x8.sub(raw, i16x8.shl(high, 8))
  const half = i32x4.splat(0xffff)
  settle(at, v128.and(low, half), shift, total)
  settle(at - 128, v128.and(high, half), shift, total)
  settle(at - 256, i32x4.shr_u(low, 16), shift, total)
  settle(at - 384, i32x4.shr_u(high, 16), shift, total)
}

/**
 * Adds `groups` times four directions to a whole block. Four signs are an index into a table of sixteen sums, which are
 * looked up one byte at a time, 16 parameters at once. `planes`: bytes that a sum has.
 */
function addGroups(at: usize, words: usize, tables: usize, groups: i32, planes: i32, total: v128): void {
  const nibble = i8x16.splat(0x0f)
  const stride = <usize>planes << 4
  const end = words + (<usize>groups << 8)
  for (let w = 0; w < 4; w++) {
    for (let g = words; g < end; g += 256) transposeNibbles(g)
    for (let r = 0; r < 4; r++) {
      const from = words + (<usize>r << 6)
      const last = at + (<usize>(31 - r) << 4)
      let add = total
      for (let k = 0; k < planes; k++) {
        let rawA = i16x8.splat(0)
        let rawB = i16x8.splat(0)
        let highA = i16x8.splat(0)
        let highB = i16x8.splat(0)
        let table = tables + (<usize>k << 4)
        for (let g = from; g < end; g += 256) {
          const x = v128.load(g)
          const sums = v128.load(table)
          const a = i8x16.swizzle(sums, v128.and(x, nibble))
          const b = i8x16.swizzle(sums, v128.and(i16x8.shr_u(x, 4), nibble))
          rawA = i16x8.add(rawA, a)
          rawB = i16x8.add(rawB, b)
          highA = i16x8.add(highA, i16x8.shr_u(a, 8))
          highB = i16x8.add(highB, i16x8.shr_u(b, 8))
          table += stride
        }
        const shift = (k << 3) + 1
        settleBytes(last, rawA, highA, shift, add)
        settleBytes(last - 64, rawB, highB, shift, add)
        add = i32x4.splat(0)
      }
    }
    words += 16
    at += 512
  }
}

/** Sum of those of four magnitudes whose bit is set; modulo 2^32, as all sums here. */
// @ts-ignore: decorator
@inline function subsetSum(coefficients: usize, count: i32, bits: i32): u32 {
  let sum: u32 = 0
  for (let j = 0; j < count; j++) if ((bits >> j) & 1) sum += <u32>abs(load<i32>(coefficients + (<usize>j << 2)))
  return sum
}

/** Bytes of the largest sum of four magnitudes. */
function planesOf(coefficients: usize, n: i32): i32 {
  let largest: u64 = 0
  for (let g = 0; g < n; g += 4) {
    let sum: u64 = 0
    for (let j = g; j < min(g + 4, n); j++) sum += <u64><u32>abs(load<i32>(coefficients + (<usize>j << 2)))
    largest = max(largest, sum)
  }
  return largest < 0x100 ? 1 : largest < 0x10000 ? 2 : largest < 0x1000000 ? 3 : 4
}

/** For each group and byte the sixteen bytes of its sums; a bit of a direction that there is not makes no difference. */
function writeTables(tables: usize, coefficients: usize, n: i32, planes: i32): void {
  for (let g = 0; g < n; g += 4) {
    for (let bits = 0; bits < 16; bits++) {
      const sum = subsetSum(coefficients + (<usize>g << 2), min(4, n - g), bits)
      for (let k = 0; k < planes; k++) store<u8>(tables + (<usize>k << 4) + bits, <u8>(sum >> (k << 3)))
    }
    tables += <usize>planes << 4
  }
}

/** One direction. */
function addOne(acc: usize, start: u32, length: i32, key: usize, c: i32, scratch: usize): void {
  for (let done = 0; done < length;) {
    const from = <i32>((start + done) & (BLOCK - 1))
    const count = min(BLOCK - from, length - done)
    const words = wordsOf(scratch, (start + done) >> 9, key, done == 0)
    const at = acc + (<usize>done << 2)
    if (count == BLOCK) addBlock(at, words, c)
    else addPart(at, words, c, from, from + count)
    done += count
  }
}

/** Words of n directions, 64 bytes each: the complements of those with a negative coefficient. */
function writeAll(words: usize, head: usize, keys: usize, coefficients: usize, n: i32): void {
  for (let j = 0; j < n; j += 2) {
    const other = min(j + 1, n - 1)
    const flip = load<i32>(coefficients + (<usize>j << 2)) >> 31
    const otherFlip = load<i32>(coefficients + (<usize>other << 2)) >> 31
    const otherKey = keys + (<usize>other << 3)
    writePair(words + (<usize>j << 6), head, keys + (<usize>j << 3), flip, head, otherKey, otherFlip)
  }
}

/** Some directions, at most CHUNK. A sum of +-c is the sum of all |c| less twice those that count negative. */
function addChunk(acc: usize, start: u32, length: i32, keys: usize, coefficients: usize, n: i32, scratch: usize): void {
  const groups = (n + 3) >> 2
  const tables = scratch + TABLES_AT
  const planes = planesOf(coefficients, n)
  let total: u32 = 0
  for (let g = 0; g < n; g += 4) total += subsetSum(coefficients + (<usize>g << 2), min(4, n - g), 15)
  writeTables(tables, coefficients, n, planes)
  for (let done = 0; done < length;) {
    const from = <i32>((start + done) & (BLOCK - 1))
    const count = min(BLOCK - from, length - done)
    const at = acc + (<usize>done << 2)
    writeHead(scratch + HEAD_AT, (start + done) >> 9)
    writeAll(scratch, scratch + HEAD_AT, keys, coefficients, n)
    if (count == BLOCK) addGroups(at, scratch, tables, groups, planes, i32x4.splat(total))
    else {
      for (let j = 0; j < n; j++) {
        const magnitude = abs(load<i32>(coefficients + (<usize>j << 2)))
        addPart(at, scratch + (<usize>j << 6), magnitude, from, from + count)
      }
    }
    done += count
  }
}

/**
 * acc[i] += sum over k of coefficients[k] * sign k of parameter start + i, modulo 2^32, for i < length.
 * `keys`: n times two u32; `coefficients`: n i32; `scratch`: 10,272 bytes.
 */
export function addSigns(
  acc: usize, start: u32, length: i32, keys: usize, coefficients: usize, n: i32, scratch: usize
): void {
  for (let k = 0; k < n; k += CHUNK) {
    const count = min(CHUNK, n - k)
    const key = keys + (<usize>k << 3)
    const at = coefficients + (<usize>k << 2)
    if (count == 1) addOne(acc, start, length, key, load<i32>(at), scratch)
    else addChunk(acc, start, length, key, at, count, scratch)
  }
}
