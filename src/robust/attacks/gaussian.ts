import { defineAttack } from './attack.ts'

/** Independent normal values: what broken memory or a node that has learned nothing might send. Source: byzfl. */
export const gaussian = defineAttack({
  summary: 'independent normal values',
  options: {
    mu: { kind: 'number', min: -1e6, max: 1e6, default: 0, help: 'their mean' },
    sigma: { kind: 'number', min: 0, max: Number.MAX_VALUE, default: 1, help: 'their standard deviation' }
  },
  create:
    ({ mu, sigma }, { rng }) =>
    (out) => {
      for (let i = 0; i < out.length; i++) out[i] = mu + sigma * rng.normal()
    }
})
