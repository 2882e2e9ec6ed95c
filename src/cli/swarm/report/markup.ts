/** Text that is HTML already. Only `html` makes it from values, and it escapes them. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

export type Content = Markup | string | number | readonly Content[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/**
 * Makes foreign text safe between tags and inside quoted attributes. Control
 * characters, and those that turn the reading direction or stay invisible,
 * become U+FFFD: they could make a page show what it does not say.
 */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\P{C}\n\t]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

/**
 * HTML with values in it: markup goes in as it is, strings are escaped, lists
 * are joined. Attribute values must be quoted in the template.
 */
export function html(template: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(String.raw({ raw: template }, ...values.map(render)))
}

function render(value: Content): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'string') return escapeText(value)
  // a figure that is not one must not reach a page as "NaN"
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '-'

  return value.map(render).join('')
}

/** Nothing at all, for what a page leaves out. */
export const NOTHING = new Markup('')
