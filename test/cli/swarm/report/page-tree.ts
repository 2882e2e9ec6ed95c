export interface PageElement {
  name: string
  attributes: Record<string, string>
  /** Elements and text (entities decoded), in order. */
  children: (PageElement | string)[]
}

const VOID = new Set(['meta', 'br', 'hr', 'img', 'link', 'input'])
const RAW = new Set(['script', 'style'])
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+="[^"<>]*")*)\s*(\/?)>/y
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/**
 * Parses a page far more strictly than a browser does: every attribute is
 * quoted, every tag is closed in order, every `<` and `&` of text is escaped.
 * Throws at the first thing that is not so.
 */
export function parsePage(text: string): PageElement {
  const root: PageElement = { name: '#page', attributes: {}, children: [] }
  const open = [root]
  let at = text.indexOf('>') + 1
  if (text.slice(0, at) !== '<!doctype html>') throw new Error('no doctype')

  while (at < text.length) {
    const top = open.at(-1)!
    const next = RAW.has(top.name) ? text.indexOf(`</${top.name}`, at) : text.indexOf('<', at)
    const until = next === -1 ? text.length : next
    if (until > at) top.children.push(RAW.has(top.name) ? text.slice(at, until) : decode(text.slice(at, until)))
    if (next === -1) break
    TAG.lastIndex = next
    const match = TAG.exec(text)
    if (match === null) throw new Error(`not a tag: ${text.slice(next, next + 80)}`)
    at = TAG.lastIndex
    const [, closing, name, attributes, selfClosing] = match as unknown as [string, string, string, string, string]
    if (closing !== '') {
      if (open.pop()!.name !== name) throw new Error(`</${name}> does not close <${top.name}>`)
    } else {
      const element: PageElement = { name, attributes: parseAttributes(attributes), children: [] }
      top.children.push(element)
      if (selfClosing === '' && !VOID.has(name)) open.push(element)
    }
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)!.name}> is never closed`)

  return root
}

/** All elements below this one, in document order. */
export function elements(element: PageElement): PageElement[] {
  return element.children.flatMap((child) => (typeof child === 'string' ? [] : [child, ...elements(child)]))
}

export function withClass(element: PageElement, className: string): PageElement[] {
  return elements(element).filter(({ attributes }) => attributes['class']?.split(' ').includes(className))
}

/** What a person reads: no scripts, no styles. */
export function textOf(element: PageElement): string {
  if (RAW.has(element.name)) return ''

  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')
}

function parseAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-zA-Z-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, decode(value!)] as const)
  if (new Set(pairs.map(([name]) => name)).size !== pairs.length) throw new Error(`an attribute twice: ${text}`)

  return Object.fromEntries(pairs)
}

function decode(text: string): string {
  return text.replace(/&([^;]{0,6};)?/g, (whole, name: string | undefined) => {
    const character = ENTITIES[name?.slice(0, -1) ?? '']
    if (character === undefined) throw new Error(`not escaped: ${whole}`)

    return character
  })
}
