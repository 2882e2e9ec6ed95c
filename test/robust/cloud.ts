import { createRng } from '../../src/math/philox.ts'

export interface CloudInit {
  seed: number
  n: number
  dim: number
  /** Distance of the middle from the origin, a coordinate. */
  offset?: number
  spread?: number
}

/** n normal vectors around a common middle, as float32 holds them: no two distances are alike. */
export function cloud({ seed, n, dim, offset = 1, spread = 1 }: CloudInit): Float32Array[] {
  const rng = createRng(seed, 'cloud')
  const middle = Array.from({ length: dim }, () => offset * rng.normal())

  return Array.from({ length: n }, () => Float32Array.from(middle, (value) => value + spread * rng.normal()))
}
