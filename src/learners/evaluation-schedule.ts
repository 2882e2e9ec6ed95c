import { type Budget, pointsDue } from './budget.ts'

export interface EvaluationScheduleInit {
  budget: Budget
  /** On the curve over the whole run, see {@link pointsDue}. */
  points: number
  /** Of these, in an earlier life. */
  done?: number | undefined
}

/** Says when a point of a run's curve is due. */
export class EvaluationSchedule {
  readonly #init: EvaluationScheduleInit
  #done: number

  constructor(init: EvaluationScheduleInit) {
    this.#init = init
    this.#done = init.done ?? 0
  }

  get done(): number {
    return this.#done
  }

  /** Asked after each round; once for points that lie close together. */
  isDue(rounds: number, elapsedMs: number): boolean {
    const { budget, points } = this.#init
    const due = pointsDue(budget, points, rounds, elapsedMs)
    if (due <= this.#done) return false

    this.#done = due
    return true
  }
}
