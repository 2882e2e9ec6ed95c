import { html, type Markup } from './markup.ts'
import { coordinate } from './scale.ts'

/** Where on a dial a direction points: 0 at the top, clockwise, in turns. */
export function onCircle(turn: number, radius: number, [cx, cy]: readonly [number, number]): [number, number] {
  const angle = 2 * Math.PI * (turn - 0.25)

  return [coordinate(cx + radius * Math.cos(angle)), coordinate(cy + radius * Math.sin(angle))]
}

/**
 * A ring with one place for each class, the first at the top, clockwise.
 * Classes held are filled, the stronger the more examples there are.
 */
export function renderDial(
  classCounts: readonly number[],
  centre: readonly [number, number],
  radius: number,
  thickness: number
): Markup {
  const most = Math.max(...classCounts, 0)
  const middle = coordinate(radius - thickness / 2)
  const held = classCounts.flatMap((count, label) =>
    count === 0 ? [] : [renderPlace(label, classCounts.length, centre, middle, 0.4 + 0.6 * (count / most))]
  )

  return html`<circle class="dial" cx="${centre[0]}" cy="${centre[1]}" r="${middle}" stroke-width="${thickness}"/><g class="held" stroke-width="${thickness}">${held}</g>`
}

function renderPlace(
  label: number,
  classes: number,
  centre: readonly [number, number],
  radius: number,
  opacity: number
): Markup {
  const strength = Math.round(opacity * 100) / 100
  // an arc from a point to itself draws nothing
  if (classes === 1) return html`<circle cx="${centre[0]}" cy="${centre[1]}" r="${radius}" opacity="${strength}"/>`
  const gap = Math.min(0.012, 0.1 / classes)
  const from = onCircle((label - 0.5) / classes + gap, radius, centre)
  const to = onCircle((label + 0.5) / classes - gap, radius, centre)
  const large = 1 / classes - 2 * gap > 0.5 ? 1 : 0

  return html`<path d="M${from.join()}A${radius},${radius} 0 ${large} 1 ${to.join()}" opacity="${strength}"/>`
}

/** A dial with the classes written around it: how to read the others. */
export function renderDialKey(classes: number): Markup {
  const centre: [number, number] = [60, 60]
  const every = Math.ceil(classes / 12)
  const names = Array.from({ length: classes }, (_, label) => label).filter((label) => label % every === 0)

  return html`<svg class="dial-key" viewBox="0 0 120 120" role="img" aria-label="How to read a ring: class 0 is at the top, the others follow clockwise">${renderDial(
    Array.from({ length: classes }, (_, label) => (label === 0 ? 1 : 0)),
    centre,
    38,
    10
  )}${names.map((label) => {
    const [x, y] = onCircle(label / classes, 48, centre)
    return html`<text x="${x}" y="${y}" dy="0.35em" text-anchor="middle">${label}</text>`
  })}<text class="centre" x="60" y="60" dy="0.35em" text-anchor="middle">class</text></svg>`
}
