/**
 * Solves the linear sum assignment problem: a column for each row, so that the sum of costs is least. Deterministic;
 * where all costs are equal, the identity.
 *
 * Prices of rows and columns such that no cost is below the sum of its two prove the sum least; three phases look for
 * them. The first two are cheap and assign most rows; the third, shortest augmenting paths, does the rest.
 *
 * Source: Jonker and Volgenant, Computing 38, 1987. Deviation: their augmenting row reduction can run forever when
 * costs are rounded, so it gets a bounded number of steps.
 *
 * @param costs - shape (size, size), row by row, finite
 * @returns shape (size): the column of each row
 *
 * Cost: O(size^3) at worst; O(size) scratch.
 */
export function assign(costs: Float64Array, size: number): Int32Array {
  return new AssignmentSolver(size).solve(costs)
}

const NONE = -1
/** Steps of the second phase, for each row. */
const BIDS_PER_ROW = 4

/** Solves one problem after another, as {@link assign} does; each starts from the prices of the last. */
export class AssignmentSolver {
  readonly #size: number
  readonly #columnOf: Int32Array
  readonly #rowOf: Int32Array
  /** Where row i has column j, costs[i, j] = rowPrices[i] + prices[j]; nowhere is the cost below that. */
  readonly #prices: Float64Array
  readonly #rowPrices: Float64Array
  /** Of the path search in hand: shortest known path to each column, and the row before it. */
  readonly #distances: Float64Array
  readonly #before: Int32Array
  /** Columns: those whose distance is final first, then the others. */
  readonly #columns: Int32Array
  #costs: Float64Array
  #hasPrices = false

  constructor(size: number) {
    this.#size = size
    this.#costs = new Float64Array(0)
    this.#columnOf = new Int32Array(size)
    this.#rowOf = new Int32Array(size)
    this.#prices = new Float64Array(size)
    this.#rowPrices = new Float64Array(size)
    this.#distances = new Float64Array(size)
    this.#before = new Int32Array(size)
    this.#columns = new Int32Array(size)
  }

  /** Forgets the prices: what comes next has nothing to do with what was. */
  reset(): void {
    this.#hasPrices = false
  }

  /**
   * @param costs - shape (size, size), row by row, finite; only read, until it returns
   * @returns new, shape (size): the column of each row
   */
  solve(costs: Float64Array): Int32Array {
    const size = this.#size
    if (costs.length !== size * size) throw new RangeError(`${costs.length} costs, not ${size} * ${size}`)

    this.#costs = costs
    this.#columnOf.fill(NONE)
    this.#rowOf.fill(NONE)
    this.#rowPrices.fill(0)
    if (!this.#hasPrices) this.#reduceColumns()
    this.#bid()
    this.#priceRows()
    for (let row = 0; row < size; row++) if (this.#columnOf[row]! < 0) this.#augment(row)
    this.#hasPrices = true

    return this.#columnOf.slice()
  }

  /** Prices each column at its least cost, and gives it to the row that has that cost, if it is free. */
  #reduceColumns(): void {
    for (let column = 0; column < this.#size; column++) {
      const row = this.#cheapestRow(column)
      this.#prices[column] = this.#costs[row * this.#size + column]!
      if (this.#columnOf[row]! < 0) this.#give(row, column)
    }
  }

  /**
   * Each free row takes the column that it finds cheapest, and lowers its price to what makes the second cheapest as
   * good; the row that had it bids next. ("Augmenting row reduction".)
   */
  #bid(): void {
    const free: number[] = []
    for (let row = this.#size - 1; row >= 0; row--) if (this.#columnOf[row]! < 0) free.push(row)

    for (let step = 0; step < BIDS_PER_ROW * this.#size; step++) {
      const row = free.pop()
      if (row === undefined) return
      const displaced = this.#bidFor(row)
      if (displaced !== NONE) free.push(displaced)
    }
  }

  #priceRows(): void {
    for (let row = 0; row < this.#size; row++) {
      const column = this.#columnOf[row]!
      if (column >= 0) this.#rowPrices[row] = this.#costs[row * this.#size + column]! - this.#prices[column]!
    }
  }

  /** Assigns one more row, by the shortest path to a free column: every row on it moves one column on. */
  #augment(start: number): void {
    let column = this.#shortestPath(start)
    for (;;) {
      const row = this.#before[column]!
      const next = this.#columnOf[row]!
      this.#give(row, column)
      if (row === start) return
      column = next
    }
  }

  #give(row: number, column: number): void {
    this.#columnOf[row] = column
    this.#rowOf[column] = row
  }

  #cheapestRow(column: number): number {
    // from the diagonal, so that it wins ties
    let best = column
    let least = this.#costs[column * this.#size + column]!
    for (let row = 0; row < this.#size; row++) {
      const cost = this.#costs[row * this.#size + column]!
      if (cost < least) {
        least = cost
        best = row
      }
    }

    return best
  }

  /** @returns the row that lost its column, or none; the bidder itself where bidding would move no price */
  #bidFor(row: number): number {
    const size = this.#size
    let first = 0
    let least = Infinity
    let second = Infinity
    for (let column = 0; column < size; column++) {
      const cost = this.#costs[row * size + column]! - this.#prices[column]!
      if (cost >= second) continue
      if (cost >= least) second = cost
      else {
        second = least
        least = cost
        first = column
      }
    }

    const owner = this.#rowOf[first]!
    const gap = second - least
    // at no gain nobody is displaced: the third phase finds who has to move
    if (owner >= 0 && !(gap > 0 && gap < Infinity)) return NONE
    if (gap < Infinity) this.#prices[first] = this.#prices[first]! - gap
    if (owner >= 0) this.#columnOf[owner] = NONE
    this.#give(row, first)

    return owner
  }

  /** Dijkstra's search over costs less prices; updates the prices, returns the free column that it ends in. */
  #shortestPath(start: number): number {
    for (let column = 0; column < this.#size; column++) this.#columns[column] = column
    this.#distances.fill(Infinity)
    let row = start
    let reached = 0
    for (let done = 0; ; done++) {
      const place = this.#relax(row, reached, done)
      const column = this.#columns[place]!
      this.#columns[place] = this.#columns[done]!
      this.#columns[done] = column
      reached = this.#distances[column]!
      row = this.#rowOf[column]!
      if (row < 0) {
        this.#reprice(start, reached, done)
        return column
      }
    }
  }

  /**
   * Shortens paths by going through `row`, which `reached` leads to.
   * @returns where in #columns the nearest is whose distance is not final; of equally near ones, a free one
   */
  #relax(row: number, reached: number, done: number): number {
    const columns = this.#columns
    const distances = this.#distances
    const costs = this.#costs
    const prices = this.#prices
    const rowOf = this.#rowOf
    const size = this.#size
    const base = reached - this.#rowPrices[row]!
    const from = row * size
    let nearest = done
    let least = Infinity
    for (let place = done; place < size; place++) {
      const column = columns[place]!
      const through = base + costs[from + column]! - prices[column]!
      let distance = distances[column]!
      if (through < distance) {
        distance = through
        distances[column] = through
        this.#before[column] = row
      }
      if (distance < least || (distance === least && rowOf[column]! < 0)) {
        least = distance
        nearest = place
      }
    }

    return nearest
  }

  /** Makes the path's costs tight: only columns that were final before the last one change. */
  #reprice(start: number, reached: number, done: number): void {
    this.#rowPrices[start] = this.#rowPrices[start]! + reached
    for (let place = 0; place < done; place++) {
      const column = this.#columns[place]!
      const change = reached - this.#distances[column]!
      this.#prices[column] = this.#prices[column]! - change
      const row = this.#rowOf[column]!
      this.#rowPrices[row] = this.#rowPrices[row]! + change
    }
  }
}
