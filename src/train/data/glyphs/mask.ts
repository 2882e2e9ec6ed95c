/** Side of a picture, in pixels. */
export const SIDE = 28

/**
 * Adds a thick line to a coverage mask: 1 within `radius` of the line, falling
 * to 0 over one pixel at its edge. Lines join by the larger coverage, so that
 * a path does not darken where its segments meet.
 *
 * @param mask - shape (28, 28), coverage 0 to 1, changed in place
 *
 * Coordinates are pixels; pixel (row, column) has its centre at y = row, x = column.
 * Cost: proportional to the line's bounding box.
 */
export function coverSegment(mask: Float64Array, x0: number, y0: number, x1: number, y1: number, radius: number): void {
  const reach = radius + 0.5
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach))
  const right = Math.min(SIDE - 1, Math.floor(Math.max(x0, x1) + reach))
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach))
  const bottom = Math.min(SIDE - 1, Math.floor(Math.max(y0, y1) + reach))
  const dx = x1 - x0
  const dy = y1 - y0
  const squaredLength = dx * dx + dy * dy
  // a dot is a line whose nearest point is always its start
  const perLength = squaredLength > 0 ? 1 / squaredLength : 0

  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      let along = ((x - x0) * dx + (y - y0) * dy) * perLength
      along = Math.min(1, Math.max(0, along))
      const awayX = x - x0 - along * dx
      const awayY = y - y0 - along * dy
      const squaredDistance = awayX * awayX + awayY * awayY
      if (squaredDistance >= reach * reach) continue

      const coverage = Math.min(1, reach - Math.sqrt(squaredDistance))
      const pixel = y * SIDE + x
      if (coverage > mask[pixel]!) mask[pixel] = coverage
    }
  }
}
