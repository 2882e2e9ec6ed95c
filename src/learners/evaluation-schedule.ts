/** Spreads evaluations evenly over a run. */
export class EvaluationSchedule {
  readonly #points: number
  #done: number

  /**
   * @param points - on the curve over the whole run
   * @param done - of these, in an earlier life
   */
  constructor(points: number, done = 0) {
    this.#points = points
    this.#done = done
  }

  get done(): number {
    return this.#done
  }

  /**
   * Is a point due? Asked after each round; once for points that lie close together.
   *
   * @param progress - fraction of the run that is over, 0 to 1
   */
  isDue(progress: number): boolean {
    const due = Math.floor(progress * this.#points)
    if (due <= this.#done) return false

    this.#done = due
    return true
  }
}
