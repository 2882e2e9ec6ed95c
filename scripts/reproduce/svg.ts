export interface Drawing {
  title: string
  width: number
  height: number
  /** Where the title begins. */
  left: number
  style: string
  /** SVG elements. */
  body: string
}

/** A drawing that stands alone. */
export function drawing({ title, width, height, left, style, body }: Drawing): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>${escaped(title)}</title>
<style>${style}</style>
<rect class="page" width="${width}" height="${height}"/>
<text class="ink" x="${left}" y="22" font-weight="600" font-size="15">${escaped(title)}</text>
${body}
</svg>
`
}

/** The page, text and rules on a light and on a dark background, and what else differs between the two. */
export function themes({ light, dark }: { light: string; dark: string }): string {
  return `${page('#fcfcfb', '#15181c', '#565c64', '#dcdcd8', '#b3261e')}${light}@media (prefers-color-scheme:dark){${page('#16181b', '#eceef0', '#a9b0b8', '#363a40', '#ff8f85')}${dark}}`
}

function page(page: string, ink: string, soft: string, line: string, mark: string): string {
  return `.page{fill:${page}}.ink{fill:${ink}}.soft{fill:${soft}}.rule{stroke:${line};fill:none}.mark{fill:${mark}}`
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
