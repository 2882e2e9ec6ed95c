import { defineAttack } from './attack.ts'

/**
 * Infinity in every coordinate. One such value makes the mean worthless; an honest encoder won't write it and a decoder
 * refuses it, so that the attacker needs its own encoder and shows that the decoder does its work.
 */
export const infinity = defineAttack({
  summary: 'infinity in every coordinate, which decoders must refuse',
  options: {},
  create: () => (out) => void out.fill(Infinity)
})

/** As {@link infinity}, with NaN. */
export const nan = defineAttack({
  summary: 'NaN in every coordinate, which decoders must refuse',
  options: {},
  create: () => (out) => void out.fill(NaN)
})
