import type { LearnerEvent } from '../interface/events.ts'

/** An event as its source knows it; the learner adds the time. */
export type UntimedEvent = LearnerEvent extends infer E ? (E extends LearnerEvent ? Omit<E, 'ms'> : never) : never
