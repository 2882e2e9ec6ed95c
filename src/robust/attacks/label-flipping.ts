import { defineAttack } from './attack.ts'

/** The class that takes the place of `label`: the last for the first, and so on; its own inverse. */
export const flipLabel = (label: number, classes: number): number => classes - 1 - label

/**
 * Trains on flipped labels and sends the honest result of that. Source: byzfl, which sends the mean of all such
 * models; here each node sends its own.
 */
export const labelFlipping = defineAttack({
  summary: 'trains with label y as classes - 1 - y, and sends what it learns',
  options: {},
  relabel: flipLabel,
  create:
    () =>
    (out, { own }) =>
      out.set(own)
})
