import { expect, test } from 'vitest'
import type { Learner, LearnerStatus } from '../../../src/interface/learner.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { comesToRest } from '../../../src/node/inspect/phase.ts'
import { ObservingLearner } from '../../../src/node/observing.ts'
import { systemClock } from '../../../src/node/system-clock.ts'

const learner = (phase: LearnerStatus['phase']) => ({ status: { phase, round: 0, steps: 0 } }) as unknown as Learner

test.each([
  { id: 'before there is one', given: undefined, expected: false },
  { id: 'one that trains', given: learner('train'), expected: true },
  { id: 'one that settles', given: learner('settle'), expected: true },
  { id: 'one that is done', given: learner('done'), expected: false },
  { id: 'one that observes', given: new ObservingLearner(new WaitRegister({ clock: systemClock })), expected: false }
])('rests of a learner come: $id: $expected', ({ given, expected }) => {
  expect(comesToRest(given)).toBe(expected)
})
