/**
 * Solves the linear sum assignment problem: a row for each column, so that the sum of costs is least. Deterministic;
 * of equal costs it prefers the diagonal.
 *
 * Shortest augmenting paths over reduced costs: each path adds one row to the assignment and keeps the column prices
 * such that no reduced cost is negative, which proves the sum least.
 *
 * Source: Jonker and Volgenant, Computing 38, 1987, with their column reduction; their augmenting row reduction, which
 * can run forever when costs are rounded, is left out (as in Crouse, IEEE TAES 52, 2016).
 *
 * @param costs - shape (size, size), row by row, finite
 * @returns shape (size): the column of each row
 *
 * Cost: O(size^3) at worst, O(size^2) when the column reduction finds most of it; O(size) scratch.
 */
export function assign(costs: Float64Array, size: number): Int32Array {
  if (costs.length !== size * size) throw new RangeError(`${costs.length} costs, not ${size} * ${size}`)

  const search = new Search(costs, size)
  search.reduceColumns()
  for (let row = 0; row < size; row++) if (search.columnOf[row]! < 0) search.augment(row)

  return search.columnOf
}

const NONE = -1

class Search {
  readonly columnOf: Int32Array
  readonly #costs: Float64Array
  readonly #size: number
  readonly #rowOf: Int32Array
  /** Dual prices. Where row i is assigned to column j, costs[i, j] = rowPrices[i] + prices[j]. */
  readonly #prices: Float64Array
  readonly #rowPrices: Float64Array
  /** Of the path search in hand: shortest known path to each column, the row before it, whether it is final. */
  readonly #distances: Float64Array
  readonly #before: Int32Array
  readonly #isFinal: Uint8Array

  constructor(costs: Float64Array, size: number) {
    this.#costs = costs
    this.#size = size
    this.columnOf = new Int32Array(size).fill(NONE)
    this.#rowOf = new Int32Array(size).fill(NONE)
    this.#prices = new Float64Array(size)
    this.#rowPrices = new Float64Array(size)
    this.#distances = new Float64Array(size)
    this.#before = new Int32Array(size)
    this.#isFinal = new Uint8Array(size)
  }

  /** Prices each column at its least cost, and gives it to the row that has that cost, if it is free. */
  reduceColumns(): void {
    for (let column = 0; column < this.#size; column++) {
      const row = this.#cheapestRow(column)
      this.#prices[column] = this.#costs[row * this.#size + column]!
      if (this.columnOf[row]! >= 0) continue
      this.columnOf[row] = column
      this.#rowOf[column] = row
    }
  }

  /** Assigns one more row, by the shortest path to a free column: every row on it moves one column on. */
  augment(start: number): void {
    const end = this.#shortestPath(start)
    for (let column = end; ; ) {
      const row = this.#before[column]!
      const next = this.columnOf[row]!
      this.#rowOf[column] = row
      this.columnOf[row] = column
      if (row === start) return
      column = next
    }
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

  /** Dijkstra's search over reduced costs; updates the prices, returns the free column it ends in. */
  #shortestPath(start: number): number {
    this.#distances.fill(Infinity)
    this.#isFinal.fill(0)
    let row = start
    let reached = 0
    for (;;) {
      this.#relax(row, reached)
      const column = this.#nearestColumn(start)
      reached = this.#distances[column]!
      this.#isFinal[column] = 1
      if (this.#rowOf[column]! < 0) {
        this.#reprice(start, reached)
        return column
      }
      row = this.#rowOf[column]!
    }
  }

  /** Shortens paths by going through `row`, which `reached` leads to. */
  #relax(row: number, reached: number): void {
    const size = this.#size
    const base = reached - this.#rowPrices[row]!
    for (let column = 0; column < size; column++) {
      if (this.#isFinal[column] !== 0) continue
      const distance = base + this.#costs[row * size + column]! - this.#prices[column]!
      if (distance < this.#distances[column]!) {
        this.#distances[column] = distance
        this.#before[column] = row
      }
    }
  }

  /** The nearest column that is not final; of equally near ones a free one first, the diagonal before others. */
  #nearestColumn(start: number): number {
    let best = NONE
    let least = Infinity
    for (let column = 0; column < this.#size; column++) {
      if (this.#isFinal[column] !== 0) continue
      const distance = this.#distances[column]!
      const isBetter =
        distance < least ||
        best === NONE ||
        (distance === least && this.#rowOf[column]! < 0 && (this.#rowOf[best]! >= 0 || column === start))
      if (isBetter) {
        least = distance
        best = column
      }
    }

    return best
  }

  #reprice(start: number, reached: number): void {
    this.#rowPrices[start] = this.#rowPrices[start]! + reached
    for (let column = 0; column < this.#size; column++) {
      if (this.#isFinal[column] === 0) continue
      const change = reached - this.#distances[column]!
      this.#prices[column] = this.#prices[column]! - change
      const row = this.#rowOf[column]!
      if (row >= 0) this.#rowPrices[row] = this.#rowPrices[row]! + change
    }
  }
}
