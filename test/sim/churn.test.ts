import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planChurn } from '../../src/sim/churn-plan.ts'
import { type ChurnSpec, churnFile, parseChurn, parseChurnTrace } from '../../src/sim/churn-spec.ts'

describe('the grammar', () => {
  test.each<[string, ChurnSpec[]]>([
    ['crash:0.2', [{ kind: 'fraction', action: 'crash', fraction: 0.2 }]],
    [
      'leave:.1, join:0.3',
      [
        { kind: 'fraction', action: 'leave', fraction: 0.1 },
        { kind: 'fraction', action: 'join', fraction: 0.3 }
      ]
    ],
    ['rejoin:1', [{ kind: 'fraction', action: 'rejoin', fraction: 1 }]],
    [
      'crash:5/60s*16+300s',
      [{ kind: 'waves', action: 'crash', count: 5, everySeconds: 60, times: 16, fromSeconds: 300 }]
    ],
    ['join:10/60s*3', [{ kind: 'waves', action: 'join', count: 10, everySeconds: 60, times: 3, fromSeconds: 0 }]],
    ['leave:1/0s*1+7', [{ kind: 'waves', action: 'leave', count: 1, everySeconds: 0, times: 1, fromSeconds: 7 }]]
  ])('%s', (text, specs) => {
    expect(parseChurn(text)).toEqual(specs)
  })

  test('a trace is read from the text of its file, in order of time', () => {
    const text = '# seconds action node\n20 rejoin 1\n\n10.5 crash 1 # power cut\n'
    const orders = [
      { seconds: 10.5, action: 'crash', node: 1 },
      { seconds: 20, action: 'rejoin', node: 1 }
    ]
    expect(churnFile('crash:0.1, trace:a.txt')).toBe('a.txt')
    expect(churnFile('crash:0.1')).toBeUndefined()
    expect(parseChurn('trace:a.txt', text)).toEqual([{ kind: 'trace', orders }])
    expect(parseChurnTrace('')).toEqual([])
  })

  test.each([
    ['', 'unknown action ""'],
    ['crash', 'unknown action ""'],
    ['crash:', 'expected crash:0.2'],
    ['crash:1.5', '"1.5" is not a fraction from 0 to 1'],
    ['crash:-0.1', '"-0.1" is not a fraction from 0 to 1'],
    ['crash:20%', '"20%" is not a fraction from 0 to 1'],
    ['crahs:0.2', 'did you mean "crash"?'],
    ['explode:0.2', 'unknown action "explode"'],
    ['crash:0.2,', 'unknown action ""'],
    ['crash:5/60*16', 'expected crash:0.2'],
    ['crash:5/60s', 'expected crash:0.2'],
    ['crash:0/60s*2', 'expected from 1'],
    ['crash:5/60s*0', 'expected from 1'],
    ['crash:999999/1s*999999', 'expected from 1'],
    ['crash:5/0s*2', '2 times every 0 seconds'],
    ['rejoin:5/60s*2', 'rejoin takes a fraction'],
    ['trace:x', 'could not be read']
  ])('refuses "%s"', (text, message) => {
    expect(() => parseChurn(text)).toThrow(message)
  })

  test.each([
    ['5 crash', 'f, line 1: expected "seconds action node"'],
    ['5 crash 1 2', 'f, line 1: expected "seconds action node"'],
    ['soon crash 1', 'f, line 1: expected "seconds action node"'],
    ['\n5 crash -1', 'f, line 2: expected "seconds action node"'],
    ['5 crashes 1', 'did you mean "crash"?']
  ])('refuses a trace of %j', (text, message) => {
    expect(() => parseChurnTrace(text, 'f')).toThrow(message)
  })
})

describe('a plan', () => {
  test('of waves', () => {
    const plan = planChurn(parseChurn('crash:2/60s*3+300s'), { nodes: 10, seed: 1 })
    expect(plan.entries.map(({ at }) => at)).toEqual([300, 300, 360, 360, 420, 420].map((seconds) => ({ seconds })))
    expect(new Set(plan.entries.map(({ node }) => node)).size).toBe(6)
    expect(plan.absent).toEqual([])
  })

  test('of a trace', () => {
    const trace = '5 crash 1\n9 rejoin 1\n12 crash 1\n3 join 2\n4 leave 2\n8 rejoin 2'
    const plan = planChurn(parseChurn('trace:f', trace), { nodes: 3, seed: 1 })
    expect(plan.entries.map(({ action, node }) => `${action} ${node}`)).toEqual([
      'join 2',
      'leave 2',
      'crash 1',
      'rejoin 2',
      'rejoin 1',
      'crash 1'
    ])
    expect(plan.absent).toEqual([2])
  })

  test.each([
    ['5 crash 3', 'node 3 does not exist, there are 3'],
    ['5 crash 1\n6 crash 1', 'node 1 is gone already'],
    ['5 rejoin 1', 'node 1 is there already'],
    ['5 crash 1\n6 join 1', 'node 1 was there before: that is a rejoin'],
    ['1 join 0\n1 join 1\n1 join 2', 'nobody would be there at the start']
  ])('refuses the trace %j', (trace, message) => {
    expect(() => planChurn(parseChurn('trace:f', trace), { nodes: 3, seed: 1 })).toThrow(message)
  })

  test.each([
    ['crash:0.6,leave:0.6', 'leave needs 6 nodes, and of 10 only 4 are left'],
    ['crash:6/1s*2', 'crash needs 12 nodes, and of 10 only 10 are left'],
    ['join:1', 'nobody would be there at the start']
  ])('refuses %s for ten nodes', (text, message) => {
    expect(() => planChurn(parseChurn(text), { nodes: 10, seed: 1 })).toThrow(message)
  })

  const fractions = fc.record({
    crash: fc.float({ min: 0, max: 0.25, noNaN: true }),
    leave: fc.float({ min: 0, max: 0.25, noNaN: true }),
    join: fc.float({ min: 0, max: 0.25, noNaN: true }),
    rejoin: fc.float({ min: 0, max: 0.25, noNaN: true })
  })

  test('is sorted, possible for every node, complete, and the same for the same seed', () => {
    fc.assert(
      fc.property(fractions, fc.integer({ min: 8, max: 60 }), fc.nat(1000), (wanted, nodes, seed) => {
        const specs = Object.entries(wanted).map(([action, fraction]) => ({ kind: 'fraction', action, fraction }))
        fc.pre(specs.reduce((sum, { fraction }) => sum + Math.round(fraction * nodes), 0) <= nodes)
        const { absent, entries } = planChurn(specs as ChurnSpec[], { nodes, seed })
        expect(planChurn(specs as ChurnSpec[], { nodes, seed })).toEqual({ absent, entries })

        const isThere = Array.from({ length: nodes }, (_, node) => !absent.includes(node))
        let lastProgress = 0.1
        for (const { at, action, node } of entries) {
          const progress = 'progress' in at ? at.progress : Number.NaN
          expect(progress).toBeGreaterThanOrEqual(lastProgress)
          lastProgress = progress
          const arrives = action === 'join' || action === 'rejoin'
          expect(isThere[node]).toBe(!arrives)
          isThere[node] = arrives
        }
        expect(lastProgress).toBeLessThanOrEqual(0.9)
        const counts = (action: string) => entries.filter((entry) => entry.action === action).length
        const share = (action: keyof typeof wanted) => Math.round(wanted[action] * nodes)
        expect(counts('rejoin')).toBe(share('rejoin'))
        expect(counts('crash')).toBe(share('crash') + share('rejoin'))
        expect(counts('leave')).toBe(share('leave'))
        expect(counts('join')).toBe(share('join'))
        expect(absent).toHaveLength(share('join'))
      })
    )
  })

  test('takes node 0 like any other, and other nodes for other seeds', () => {
    const plans = Array.from({ length: 40 }, (_, seed) => planChurn(parseChurn('crash:0.2'), { nodes: 10, seed }))
    const crashed = plans.map(({ entries }) => entries.map(({ node }) => node))
    expect(new Set(crashed.flat()).size).toBe(10)
    expect(new Set(crashed.map(String)).size).toBeGreaterThan(10)
  })
})
