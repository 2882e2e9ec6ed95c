/**
 * The page's only script: it marks a node everywhere while the pointer is on
 * it, and reads the nearest point of a chart out. The page is complete
 * without it. It is fixed text, so that the page's policy can name its hash.
 */
export const SCRIPT = `'use strict'
const all = (selector, root) => [...(root || document).querySelectorAll(selector)]
let marked
function mark(node) {
  if (node === marked) return
  marked = node
  for (const element of all('.marked')) element.classList.remove('marked')
  document.body.classList.toggle('marking', node !== undefined)
  if (node !== undefined) for (const element of all('[data-node="' + node + '"]')) element.classList.add('marked')
}
document.addEventListener('pointerover', (event) => {
  const element = event.target.closest('[data-node]')
  if (element) mark(element.dataset.node)
  else if (!event.target.closest('svg.chart')) mark(undefined)
})
for (const chart of all('svg.chart')) {
  const points = all('.line', chart).flatMap((line) => {
    const texts = line.dataset.read.split('|')
    return [...line.querySelector('polyline').points].map(({ x, y }, i) => ({ x, y, text: texts[i], node: line.dataset.node }))
  })
  const readout = document.createElement('output')
  readout.className = 'readout'
  readout.hidden = true
  chart.parentElement.append(readout)
  chart.addEventListener('pointermove', (event) => {
    const matrix = chart.getScreenCTM()
    if (!matrix || points.length === 0) return
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse())
    const away = (point) => Math.hypot(point.x - at.x, point.y - at.y)
    const nearest = points.reduce((best, point) => (away(point) < away(best) ? point : best))
    const near = away(nearest) < 40
    readout.hidden = !near
    if (!near) return event.target.closest('[data-node]') ? undefined : mark(undefined)
    mark(nearest.node)
    readout.textContent = nearest.text
    const box = chart.parentElement.getBoundingClientRect()
    const place = new DOMPoint(nearest.x, nearest.y).matrixTransform(matrix)
    const x = Math.min(place.x - box.left + 12, box.width - readout.offsetWidth)
    readout.style.left = Math.max(0, x) + 'px'
    readout.style.top = place.y - box.top - readout.offsetHeight - 12 + 'px'
  })
  chart.addEventListener('pointerleave', () => {
    readout.hidden = true
    mark(undefined)
  })
}
addEventListener('beforeprint', () => all('details').forEach((element) => (element.open = true)))
`
