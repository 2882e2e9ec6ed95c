import type { Mix } from './merge.ts'
import { Moments } from './moments.ts'

/** `others`: mean variance of the peers' models. `self`: the own one. `conservative`: both, by own weight. */
export type Target = 'others' | 'self' | 'conservative'

export interface VarianceCorrectionInit {
  target: Target
  /** Added to both variances before they are divided. */
  epsilon: number
}

/** Values that are summed and measured while they are in the first-level cache. */
const BLOCK = 2048
/** How many standard deviations of chance the bound leaves room for. */
const CHANCE = 4
/** The largest float32: a stretch that led further would make infinity of finite models. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127

/**
 * Merges one tensor: weighted mean, then stretched around its own mean to the target variance. Keeps its work space.
 *
 * The stretch lies between 1 / b and b for b = sqrt(n) (1 + 4 / sqrt(N)), N elements: unrelated models need sqrt(n),
 * give or take about 0.7 / sqrt(N) by chance. More would enlarge what is left where models cancel each other, round
 * after round.
 */
export class VarianceCorrection {
  readonly #init: VarianceCorrectionInit
  readonly #sums = new Float64Array(BLOCK)
  readonly #merged = new Moments()
  /** One for each model; as many as ever came at once. */
  readonly #moments: Moments[] = []

  constructor(init: VarianceCorrectionInit) {
    this.#init = init
  }

  /**
   * Writes elements start to end - 1 of `out`, which may be one of the models; else they are only read.
   *
   * @returns the stretch; 1 where the models or their mean do not vary at all
   */
  mergeRange(mix: Omit<Mix, 'fishers' | 'round'>, start: number, end: number): number {
    const { out, models } = mix
    while (this.#moments.length < models.length) this.#moments.push(new Moments())
    this.#merged.reset()
    for (const moments of this.#moments) moments.reset()
    for (let at = start; at < end; at += BLOCK) this.#mergeBlock(mix, at, Math.min(at + BLOCK, end))

    const factor = this.#factor(mix, end - start)
    if (factor !== 1) stretch(out, start, end, this.#merged.mean, factor)

    return factor
  }

  #mergeBlock({ out, models, weights }: Omit<Mix, 'fishers' | 'round'>, start: number, end: number): void {
    const sums = this.#sums
    sums.fill(0)
    for (let m = 0; m < models.length; m++) {
      const model = models[m]!
      this.#moments[m]!.addBlock(model, start, end)
      const weight = weights[m]!
      for (let i = start; i < end; i++) sums[i - start] = sums[i - start]! + weight * model[i]!
    }

    for (let i = start; i < end; i++) out[i] = sums[i - start]!
    this.#merged.addBlock(out, start, end)
  }

  #factor(mix: Omit<Mix, 'fishers' | 'round'>, elements: number): number {
    const { epsilon } = this.#init
    const target = this.#target(mix)
    const { variance } = this.#merged
    if (!(target > 0 && variance > 0)) return 1

    const bound = Math.sqrt(mix.models.length) * (1 + CHANCE / Math.sqrt(elements))

    return Math.min(bound, Math.max(1 / bound, Math.sqrt((target + epsilon) / (variance + epsilon))))
  }

  /** Without an own model all are others. */
  #target({ models: { length: n }, weights, hasOwn }: Omit<Mix, 'fishers' | 'round'>): number {
    const first = hasOwn ? 1 : 0
    let others = 0
    for (let m = first; m < n; m++) others += this.#moments[m]!.variance / (n - first)
    if (this.#init.target === 'others') return others

    const own = this.#moments[0]!.variance
    const ownWeight = weights[0]!

    return this.#init.target === 'self' ? own : ownWeight * own + (1 - ownWeight) * others
  }
}

function stretch(params: Float32Array, start: number, end: number, mean: number, factor: number): void {
  for (let i = start; i < end; i++) {
    const value = mean + (params[i]! - mean) * factor
    params[i] = Math.min(LARGEST, Math.max(-LARGEST, value))
  }
}
