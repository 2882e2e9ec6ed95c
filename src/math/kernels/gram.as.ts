import { loadSome, promoteHigh } from './lanes.as'

/** Columns in hand at once: 20 rows of them as float64 fill two thirds of a level 1 cache. */
const COLUMNS: i32 = 128
const ROW: usize = 1024 // bytes: 8 * COLUMNS

// @ts-ignore: decorator
@inline function difference(row: usize, x: v128, y: v128): void {
  v128.store(row, f64x2.sub(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)))
  v128.store(row, f64x2.sub(promoteHigh(x), promoteHigh(y)), 16)
}

/** row[c] = input[c] - reference[c] in float64; zeros behind `count`, up to a multiple of four. */
function differences(row: usize, input: usize, reference: usize, count: i32): void {
  for (; count >= 4; count -= 4) {
    difference(row, v128.load(input), v128.load(reference))
    row += 32
    input += 16
    reference += 16
  }
  if (count > 0) difference(row, loadSome(input, count), loadSome(reference, count))
}

/** Adds to 4 by 2 sums, of two lanes each and `stride` bytes a line: eight additions that don't wait for each other. */
function tile(sums: usize, stride: usize, a: usize, b: usize, count: i32): void {
  const line1 = sums + stride
  const line2 = line1 + stride
  const line3 = line2 + stride
  let s00 = v128.load(sums)
  let s01 = v128.load(sums, 16)
  let s10 = v128.load(line1)
  let s11 = v128.load(line1, 16)
  let s20 = v128.load(line2)
  let s21 = v128.load(line2, 16)
  let s30 = v128.load(line3)
  let s31 = v128.load(line3, 16)
  const end = a + (<usize>count << 3)
  while (a < end) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, ROW)
    const a0 = v128.load(a)
    s00 = f64x2.add(s00, f64x2.mul(a0, b0))
    s01 = f64x2.add(s01, f64x2.mul(a0, b1))
    const a1 = v128.load(a, ROW)
    s10 = f64x2.add(s10, f64x2.mul(a1, b0))
    s11 = f64x2.add(s11, f64x2.mul(a1, b1))
    const a2 = v128.load(a, 2 * ROW)
    s20 = f64x2.add(s20, f64x2.mul(a2, b0))
    s21 = f64x2.add(s21, f64x2.mul(a2, b1))
    const a3 = v128.load(a, 3 * ROW)
    s30 = f64x2.add(s30, f64x2.mul(a3, b0))
    s31 = f64x2.add(s31, f64x2.mul(a3, b1))
    a += 16
    b += 16
  }
  v128.store(sums, s00)
  v128.store(sums, s01, 16)
  v128.store(line1, s10)
  v128.store(line1, s11, 16)
  v128.store(line2, s20)
  v128.store(line2, s21, 16)
  v128.store(line3, s30)
  v128.store(line3, s31, 16)
}

/**
 * out[i * n + j] = <inputs[i] - reference, inputs[j] - reference> in float64, two lanes by i mod 2.
 * `inputs`: n pointers (u32). `scratch`, with `rows` = n rounded up to a multiple of four: 16 * rows * rows bytes of
 * sums, then 1024 * rows of differences.
 */
export function gram(out: usize, inputs: usize, n: i32, reference: usize, scratch: usize, length: i32): void {
  const rows = (n + 3) & ~3
  const stride = <usize>rows << 4
  const rowsAt = scratch + <usize>rows * stride
  memory.fill(scratch, 0, <usize>rows * (stride + ROW))
  for (let start = 0; start < length; start += COLUMNS) {
    const count = min(COLUMNS, length - start)
    const offset = <usize>start << 2
    for (let i = 0; i < n; i++) {
      const input = <usize>load<u32>(inputs + (<usize>i << 2))
      differences(rowsAt + <usize>i * ROW, input + offset, reference + offset, count)
    }
    for (let i = 0; i < rows; i += 4) {
      for (let j = i; j < rows; j += 2) {
        const sums = scratch + <usize>i * stride + (<usize>j << 4)
        tile(sums, stride, rowsAt + <usize>i * ROW, rowsAt + <usize>j * ROW, (count + 3) & ~3)
      }
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const lanes = v128.load(scratch + <usize>i * stride + (<usize>j << 4))
      const sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1)
      store<f64>(out + (<usize>(i * n + j) << 3), sum)
      store<f64>(out + (<usize>(j * n + i) << 3), sum)
    }
  }
}
