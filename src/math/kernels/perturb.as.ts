import { maskOf } from './signs.as'
import { wordsOf } from './philox.as'

const BLOCK: i32 = 512

/** Four weights: `base`, or base + scale * acc with each operation rounded to float32. */
// @ts-ignore: decorator
@inline function weights(base: usize, acc: usize, scale: v128, isMoved: bool): v128 {
  return isMoved
    ? f32x4.add(v128.load(base), f32x4.mul(f32x4.convert_i32x4_s(v128.load(acc)), scale))
    : v128.load(base)
}

/** The same for one. */
// @ts-ignore: decorator
@inline function weight(base: usize, acc: usize, scale: f32, isMoved: bool): f32 {
  return isMoved ? load<f32>(base) + <f32>load<i32>(acc) * scale : load<f32>(base)
}

/** out = weights plus sign * epsilon, for the whole blocks and parts of blocks from parameter `start` on. */
// @ts-ignore: decorator
@inline function addSigned(
  out: usize, base: usize, acc: usize, scale: f32, start: u32, length: i32, key: usize, epsilon: f32, scratch: usize,
  isMoved: bool
): void {
  const top = i32x4.splat(0x80000000)
  const scales = f32x4.splat(scale)
  const epsilons = f32x4.splat(epsilon)
  const size = reinterpret<u32>(epsilon)
  for (let done = 0; done < length;) {
    const from = <i32>((start + done) & (BLOCK - 1))
    const count = min(BLOCK - from, length - done)
    const words = wordsOf(scratch, (start + done) >> 9, key, done == 0)
    if (count == BLOCK) {
      for (let w = words; w < words + 64; w += 16) {
        let x = v128.load(w)
        for (const end = out + 512; out < end; out += 32) {
          const a = v128.xor(epsilons, v128.and(x, top))
          const b = v128.xor(epsilons, v128.and(i32x4.shl(x, 1), top))
          v128.store(out, f32x4.add(weights(base, acc, scales, isMoved), a))
          v128.store(out, f32x4.add(weights(base + 16, acc + 16, scales, isMoved), b), 16)
          x = i32x4.shl(x, 2)
          base += 32
          acc += 32
        }
      }
    } else {
      for (let i = from; i < from + count; i++) {
        const step = reinterpret<f32>(size ^ (<u32>maskOf(words, i) & 0x80000000))
        store<f32>(out, weight(base, acc, scale, isMoved) + step)
        out += 4
        base += 4
        acc += 4
      }
    }
    done += count
  }
}

/** out[i] = base[i] + sign of parameter start + i * epsilon. `key`: two u32; `scratch`: 192 bytes. */
export function perturb(
  out: usize, base: usize, start: u32, length: i32, key: usize, epsilon: f32, scratch: usize
): void {
  addSigned(out, base, 0, 0, start, length, key, epsilon, scratch, false)
}

/** out[i] = (base[i] + scale * acc[i]) + sign of parameter start + i * epsilon, each operation rounded to float32. */
export function perturbMoved(
  out: usize, base: usize, acc: usize, scale: f32, start: u32, length: i32, key: usize, epsilon: f32, scratch: usize
): void {
  addSigned(out, base, acc, scale, start, length, key, epsilon, scratch, true)
}

/** out[i] = base[i] + scale * acc[i], each operation rounded to float32. */
export function move(out: usize, base: usize, acc: usize, scale: f32, length: i32): void {
  const scales = f32x4.splat(scale)
  const end = out + (<usize>length << 2)
  const whole = out + (<usize>(length & ~3) << 2)
  while (out < whole) {
    v128.store(out, weights(base, acc, scales, true))
    out += 16
    base += 16
    acc += 16
  }
  while (out < end) {
    store<f32>(out, weight(base, acc, scale, true))
    out += 4
    base += 4
    acc += 4
  }
}
