/** Spreads evaluations evenly over a run. */
export class EvaluationSchedule {
  readonly #points: number
  #done = 0

  /** @param points - on the curve over the whole run */
  constructor(points: number) {
    this.#points = points
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
