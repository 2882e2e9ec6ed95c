import { describe, expect, test } from 'vitest'
import { parseLogLevels, passes, printLogLevels, withLevel } from '../../../src/node/log/levels.ts'

describe('levels', () => {
  test.each([
    { text: 'warn', levels: { all: 'warn' } },
    { text: 'info,gossip=debug', levels: { all: 'info', gossip: 'debug' } },
    { text: 'gossip=debug', levels: { all: 'info', gossip: 'debug' } },
    { text: ' error , store:filter = silent', levels: undefined },
    { text: 'error, store:filter=silent', levels: { all: 'error', 'store:filter': 'silent' } },
    // what comes later counts more
    { text: 'gossip=debug,warn', levels: { all: 'warn' } }
  ])('$text', ({ text, levels }) => {
    if (levels === undefined) expect(() => parseLogLevels(text)).toThrow()
    else {
      expect(parseLogLevels(text)).toEqual(levels)
      expect(parseLogLevels(printLogLevels(parseLogLevels(text)))).toEqual(levels)
    }
  })

  test.each([
    { text: 'loud', says: /"loud" is no log level: one of silent, error/ },
    { text: 'debgu', says: /did you mean "debug"\?/ },
    { text: 'info,gosip=debug', says: /"gosip" is no part of the log; did you mean "gossip"\?/ },
    { text: 'gossip=', says: /no log level/ },
    { text: '__proto__=debug', says: /no part of the log/ },
    { text: '', says: /no log level/ }
  ])('refuses $text', ({ text, says }) => {
    expect(() => parseLogLevels(text)).toThrow(says)
  })

  test('the longest name that a scope begins with decides', () => {
    const levels = parseLogLevels('warn,gossip=debug,gossip:dialer=silent')
    const through = (scope: string, level: 'error' | 'warn' | 'info' | 'debug') => passes(levels, scope, level)
    expect(through('node', 'warn')).toBe(true)
    expect(through('node', 'info')).toBe(false)
    expect(through('gossip', 'debug')).toBe(true)
    expect(through('gossip:admission', 'debug')).toBe(true)
    expect(through('gossip:dialer', 'error')).toBe(false)
    expect(through('gossip:dialer:book', 'error')).toBe(false)
    // a name that only begins alike
    expect(through('gossips', 'info')).toBe(false)
  })

  test('all stands for every scope, and scopes are bounded', () => {
    let levels = parseLogLevels('info,gossip=debug')
    expect(withLevel(levels, 'all', 'error')).toEqual({ all: 'error' })
    expect(() => {
      for (let i = 0; i < 100; i++) levels = withLevel(levels, `gossip:x${i}`, 'debug')
    }).toThrow(/scopes/)
  })
})
