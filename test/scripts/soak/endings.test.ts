import { describe, expect, test } from 'vitest'
import { judgeEnding } from '../../../scripts/soak/judge/endings.ts'
import type { Life } from '../../../scripts/soak/life.ts'
import { lifeWith } from './lives.ts'

const leave = { kind: 'leave', seconds: 100 } as const
const crash = { kind: 'crash', seconds: 100 } as const
const starved = (...pairs: [number, number][]) =>
  pairs.map(([seconds, starvedSeconds]) => ({ seconds, starvedSeconds, rssBytes: 1, sockets: 1, files: 1 }))
const ended = (seconds: number, code: number | null, signal: string | null = null) => ({ seconds, code, signal })

describe('judgeEnding', () => {
  test.each<{ id: string; life: Partial<Life>; text?: string }>([
    { id: 'runs', life: {} },
    { id: 'stopped as asked', life: { order: leave, end: ended(102, 0) } },
    { id: 'killed as ordered', life: { order: crash, end: ended(100, null, 'SIGKILL') } },
    { id: 'is still stopping', life: { order: { kind: 'leave', seconds: 180 } } },
    {
      id: 'asked to stop before it was ready',
      life: { readySeconds: undefined, order: { kind: 'leave', seconds: 20 }, end: ended(20, null, 'SIGTERM') }
    },
    { id: 'died', life: { end: ended(50, null, 'SIGSEGV') }, text: 'ended by itself: killed by SIGSEGV' },
    { id: 'gave up', life: { end: ended(50, 1) }, text: 'ended by itself: exit code 1' },
    { id: 'finished what has no end', life: { end: ended(50, 0) }, text: 'ended by itself: exit code 0' },
    { id: 'failed to stop', life: { order: leave, end: ended(102, 1) }, text: 'was asked to stop: exit code 1' },
    {
      id: 'ended by the signal',
      life: { order: leave, end: ended(100, null, 'SIGTERM') },
      text: 'was asked to stop: killed by SIGTERM'
    },
    { id: 'stopped late', life: { order: leave, end: ended(145, 0) }, text: 'took 45 s to end after SIGTERM' },
    { id: 'does not stop', life: { order: leave }, text: 'took 100 s to end after SIGTERM' },
    { id: 'never ready', life: { readySeconds: undefined }, text: 'was not ready for 200 s' },
    {
      id: 'had no processor to stop with',
      life: { order: leave, end: ended(145, 0), samples: starved([100, 0], [144, 20]) }
    },
    { id: 'had no processor to start with', life: { readySeconds: 150, samples: starved([2, 2], [149, 95]) } },
    { id: 'ready late', life: { readySeconds: 150 }, text: 'was not ready for 150 s' }
  ])('$id', ({ life, text }) => {
    expect(judgeEnding(lifeWith(life), 200).map((finding) => finding.text)).toEqual(text === undefined ? [] : [text])
  })
})
