import { InvalidConfigError } from '../../../interface/errors.ts'
import { defineFilter } from '../definition.ts'
import { MAX_FLOATS } from '../state-codec.ts'
import { MudHog } from './mud-hog.ts'

/** MUD-HoG, see {@link MudHog}. Defaults are the published code's, where it has one. */
export const mudHog = defineFilter({
  summary: 'leaves out who sends turned, noisy or targeted updates, by short and long history',
  kind: 'screening',
  options: {
    window: { kind: 'integer', min: 1, default: 3, help: 'updates in the short history' },
    warmup: { kind: 'integer', min: 1, default: 3, help: 'updates of a sender before it is judged' },
    delay: {
      kind: 'integer',
      min: 1,
      default: 2,
      help: 'rounds in a row that confirm a finding; targeted takes twice that'
    },
    // the code has 0: there chance decides, when steps are so small that no common direction is left
    cosine: { kind: 'number', min: -1, max: 1, default: -0.1, help: 'to the median: below, an update is turned round' },
    minPts: { kind: 'integer', min: 2, default: 5, help: 'near ones that make an update usual, or a majority' },
    eps: {
      kind: 'number',
      min: 0,
      max: Number.MAX_VALUE,
      isOpen: true,
      help: 'how near; by the updates when left out'
    },
    spread: { kind: 'number', min: 1, max: Number.MAX_VALUE, default: 1.5, help: 'noise is so many times as far out' },
    targeted: { kind: 'choice', of: ['on', 'off'], default: 'on', help: 'whether groups that stand apart are dropped' },
    separation: { kind: 'number', min: 0, max: 1, default: 0.5, help: 'silhouette from which a group stands apart' },
    sketch: { kind: 'integer', min: 64, default: 4096, help: 'numbers kept of an update, if it has more' }
  },
  create(name, { targeted, separation, ...values }, { vectors, layout, rng, maxSenders }) {
    const floats = (values.window + 1) * Math.min(layout.dim, values.sketch) * (maxSenders + 1)
    if (floats > MAX_FLOATS) {
      const message = `${name} would remember ${floats} numbers, more than ${MAX_FLOATS}: write a smaller window or sketch`
      throw new InvalidConfigError(message, { floats, most: MAX_FLOATS })
    }

    return new MudHog({
      ...values,
      ...(targeted === 'on' ? { separation } : {}),
      name,
      vectors,
      maxSenders,
      dim: layout.dim,
      sketchKey: [rng.uint32(), rng.uint32()]
    })
  }
})
