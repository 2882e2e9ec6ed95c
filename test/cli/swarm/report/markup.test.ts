import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeText, html, NOTHING } from '../../../../src/cli/swarm/report/markup.ts'
import { parsePage, textOf } from './page-tree.ts'

describe('html', () => {
  test('escapes text and keeps markup', () => {
    const inner = html`<b>${'<i>'}</b>`
    expect(html`<p title="${`"'&`}">${inner}${['a<', inner, NOTHING]}${3}</p>`.text).toBe(
      '<p title="&quot;&#39;&amp;"><b>&lt;i&gt;</b>a&lt;<b>&lt;i&gt;</b>3</p>'
    )
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%s is not shown as a number',
    (value) => {
      expect(html`${value}`.text).toBe('-')
    }
  )

  test('a backslash in a value stays one', () => {
    expect(html`a${'b\\n'}`.text).toBe('ab\\n')
  })
})

describe('escapeText', () => {
  test.each([
    { id: 'NUL', text: 'a\u0000b' },
    { id: 'escape', text: 'a\u001bb' },
    { id: 'right-to-left override', text: 'a\u202eb' },
    { id: 'zero-width space', text: 'a\u200bb' },
    { id: 'half a surrogate pair', text: 'a\ud800b' }
  ])('replaces what a reader would not see: $id', ({ text }) => {
    expect(escapeText(text)).toBe('a\ufffdb')
  })

  test('keeps lines, tabs and letters of any script', () => {
    expect(escapeText('a\n\tÅ 中 😀')).toBe('a\n\tÅ 中 😀')
  })

  test('whatever the text, a page with it in text and attribute parses back to it', () => {
    const hostile = fc.string({ unit: fc.constantFrom(...'<>&"\'/=!-abc;#39 '.split(''), '<script>', '-->', '&lt;') })
    fc.assert(
      fc.property(hostile, (text) => {
        const page = parsePage(`<!doctype html>${html`<p title="${text}">${text}</p>`}`)
        expect(textOf(page)).toBe(text)
        expect(page.children).toMatchObject([{ name: 'p', attributes: { title: text } }])
      })
    )
  })
})
