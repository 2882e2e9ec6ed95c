import { defineFilter } from '../definition.ts'
import { Bristle } from './bristle.ts'
import { headOf } from './head.ts'

/** Bristle, see {@link Bristle}. Defaults are the published parameters. */
export const bristle = defineFilter({
  summary: 'merges output layers class by class, by how they do on own examples',
  kind: 'integrating',
  options: {
    tested: { kind: 'integer', min: 1, default: 10, help: 'models tried in a round' },
    explore: { kind: 'number', min: 0, max: 1, default: 0.4, help: 'how much of the choice is among far ones' },
    probe: { kind: 'integer', min: 1, default: 10, help: 'own examples of each class to try them on' },
    classes: { kind: 'integer', min: 1, default: 3, help: 'classes compared of a model, its best' }
  },
  create(name, { tested, explore, probe, classes }, { vectors, layout, rng, maxSenders }) {
    return new Bristle({
      name,
      vectors,
      maxSenders,
      head: headOf(layout),
      count: tested,
      exploration: explore,
      probePerClass: probe,
      comparedClasses: classes,
      seed: rng.uint32()
    })
  }
})
