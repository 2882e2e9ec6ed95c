import { defineAttack } from './attack.ts'

/**
 * Trains nothing: sends back the model that it received last, with some noise so that it is no plain copy. Before it
 * has received any, its own. Keeps one model.
 *
 * Source: Lin, Du and Liu, "Free-riders in federated learning", arXiv:1911.12560.
 */
export const freeRiding = defineAttack({
  summary: 'the model that it received last, noise added',
  options: {
    noise: { kind: 'number', min: 0, max: Number.MAX_VALUE, default: 0, help: 'standard deviation of the noise' }
  },
  create: ({ noise }, { rng }) => {
    let last: Float32Array | undefined

    return (out, { own, honest, newest }) => {
      const received = honest[newest ?? honest.length - 1]
      if (received !== undefined) {
        last ??= new Float32Array(own.length)
        last.set(received)
      }
      out.set(last ?? own)
      if (noise > 0) for (let i = 0; i < out.length; i++) out[i] = out[i]! + noise * rng.normal()
    }
  }
})
