import { createRng } from '../../../../src/math/philox.ts'
import type { ScreenInput } from '../../../../src/robust/filters/filter.ts'

/** How a simulated sender makes its update of what an honest one would be. */
export type Kind = 'honest' | 'skewed' | 'flip' | 'noise' | 'targeted' | 'unreliable' | 'wavering' | 'minority'

export interface FlockInit {
  seed: number
  dim: number
  /** What each sender is; the node itself is honest. */
  kinds: readonly Kind[]
  /** Round from which on attackers attack. @default 1 */
  from?: number
  /** Round in which attackers turn honest. */
  until?: number
}

/** Lengths of the parts of an honest update: what all have in common is 1. */
const NOISE = 0.5
const SKEW = 0.4

/**
 * Rounds of updates: a common direction that turns slowly, a lasting difference of each sender's own, and fresh noise;
 * attackers change that.
 */
export function* flock({ seed, dim, kinds, from = 1, until = Infinity }: FlockInit): Generator<ScreenInput> {
  const rng = createRng(seed, 'flock')
  const unit = (): Float32Array => Float32Array.from({ length: dim }, () => rng.normal() / Math.sqrt(dim))
  const [first, second, target, other] = [unit(), unit(), unit(), unit()]
  const lasting = [...kinds, 'honest'].map(unit)
  const start = unit()

  for (let round = 1; ; round++) {
    const angle = round / 10
    const common = first!.map((value, i) => Math.cos(angle) * value + Math.sin(angle) * second![i]!)
    const isOn = round >= from && round < until
    const updates = lasting.map((own, k) => {
      const kind = isOn ? (kinds[k] ?? 'honest') : 'honest'
      const noise = unit()
      const skew = kind === 'skewed' ? 2 * SKEW : SKEW
      const honest = common.map((value, i) => value + skew * own[i]! + NOISE * noise[i]!)
      switch (kind) {
        case 'flip':
          return honest.map((value) => -value)
        case 'noise':
          return honest.map((value, i) => value + 4 * noise[i]!)
        case 'targeted':
          return honest.map((value, i) => value + 1.5 * target![i]!)
        case 'minority':
          return honest.map((value, i) => value + 0.6 * other![i]!)
        case 'unreliable':
          return honest.map((value, i) => value - 0.45 * common[i]! + 0.2 * noise[i]!)
        case 'wavering':
          return round % 10 < 5 ? honest.map((value, i) => value + 4 * noise[i]!) : honest
        default:
          return honest
      }
    })
    const models = updates.map((update) => update.map((value, i) => start[i]! + value))
    yield {
      round,
      start,
      own: models.at(-1)!,
      models: kinds.map((kind, k) => ({ sender: `${k}-${kind}`, params: models[k]! }))
    }
  }
}

/** The first `count` rounds. */
export function* rounds(init: FlockInit, count: number): Generator<ScreenInput> {
  for (const input of flock(init)) {
    yield input
    if (input.round === count) return
  }
}
