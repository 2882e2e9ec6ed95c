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
   * Writes elements start to end - 1 of models[0], the own one; the others are only read.
   *
   * @param models - n of shape (dim)
   * @param weights - n, summing to 1
   * @returns the stretch; 1 where the models or their mean do not vary at all
   */
  mergeRange(models: readonly Float32Array[], weights: readonly number[], start: number, end: number): number {
    while (this.#moments.length < models.length) this.#moments.push(new Moments())
    this.#merged.reset()
    for (const moments of this.#moments) moments.reset()
    for (let at = start; at < end; at += BLOCK) this.#mergeBlock(models, weights, at, Math.min(at + BLOCK, end))

    const factor = this.#factor(models.length, weights[0]!, end - start)
    if (factor !== 1) stretch(models[0]!, start, end, this.#merged.mean, factor)

    return factor
  }

  #mergeBlock(models: readonly Float32Array[], weights: readonly number[], start: number, end: number): void {
    const sums = this.#sums
    sums.fill(0)
    for (let m = 0; m < models.length; m++) {
      const model = models[m]!
      this.#moments[m]!.addBlock(model, start, end)
      const weight = weights[m]!
      for (let i = start; i < end; i++) sums[i - start] = sums[i - start]! + weight * model[i]!
    }

    const own = models[0]!
    for (let i = start; i < end; i++) own[i] = sums[i - start]!
    this.#merged.addBlock(own, start, end)
  }

  #factor(n: number, ownWeight: number, elements: number): number {
    const { epsilon } = this.#init
    const target = this.#target(n, ownWeight)
    const { variance } = this.#merged
    if (!(target > 0 && variance > 0)) return 1

    const bound = Math.sqrt(n) * (1 + CHANCE / Math.sqrt(elements))

    return Math.min(bound, Math.max(1 / bound, Math.sqrt((target + epsilon) / (variance + epsilon))))
  }

  #target(n: number, ownWeight: number): number {
    const own = this.#moments[0]!.variance
    let others = 0
    for (let m = 1; m < n; m++) others += this.#moments[m]!.variance / (n - 1)
    if (this.#init.target === 'others') return others

    return this.#init.target === 'self' ? own : ownWeight * own + (1 - ownWeight) * others
  }
}

function stretch(params: Float32Array, start: number, end: number, mean: number, factor: number): void {
  for (let i = start; i < end; i++) params[i] = mean + (params[i]! - mean) * factor
}
