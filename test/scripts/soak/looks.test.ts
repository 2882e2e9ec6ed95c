import { describe, expect, test } from 'vitest'
import { judgeLook, type Look } from '../../../scripts/soak/judge/looks.ts'
import type { Life } from '../../../scripts/soak/life.ts'
import { lifeWith } from './lives.ts'

const look = (about: Partial<Look> = {}): Look => ({
  askedSeconds: 100,
  answeredSeconds: 100.2,
  waits: [],
  starvedSeconds: 0,
  ...about
})
const wait = (deadlineInSeconds: number, what = 'a model') => ({ waits: [{ what, deadlineInSeconds }] })

describe('judgeLook', () => {
  test.each<{ id: string; look: Look; text?: string }>([
    { id: 'waits for nothing', look: look() },
    { id: 'waits with a reason and a deadline', look: look(wait(3)) },
    { id: 'is a moment late', look: look(wait(-4)) },
    { id: 'is slow', look: look({ answeredSeconds: 109 }) },
    { id: 'waits too long', look: look(wait(-6)), text: 'in second 100 it waits for a model, 6 s after its deadline' },
    { id: 'has no reason', look: look(wait(3, ' ')), text: 'in second 100 it waits without a reason' },
    {
      id: 'has no deadline',
      look: look(wait(Infinity)),
      text: 'in second 100 it waits for a model without a deadline'
    },
    {
      id: 'is far too slow',
      look: look({ answeredSeconds: 112 }),
      text: 'in second 100 it answered after 12 s, 0 s of it without a processor'
    },
    { id: 'had no processor', look: look({ answeredSeconds: 112, starvedSeconds: 3 }) },
    { id: 'had no processor for its timers', look: look({ ...wait(-6), starvedSeconds: 2 }) },
    {
      id: 'had one for long enough',
      look: look({ ...wait(-6), starvedSeconds: 0.5 }),
      text: 'in second 100 it waits for a model, 6 s after its deadline'
    },
    { id: 'does not answer', look: look({ failure: 'no node' }), text: 'in second 100 it did not answer: no node' }
  ])('$id', ({ look: seen, text }) => {
    expect(judgeLook(lifeWith(), seen).map((finding) => finding.text)).toEqual(text === undefined ? [] : [text])
  })

  const bad = look({ ...wait(-100), answeredSeconds: 130 })

  test.each<{ id: string; life: Partial<Life>; isJudged: boolean }>([
    { id: 'runs', life: {}, isJudged: true },
    { id: 'was stopped long ago', life: { pauses: [{ fromSeconds: 50, toSeconds: 89 }] }, isJudged: true },
    { id: 'was stopped a moment ago', life: { pauses: [{ fromSeconds: 50, toSeconds: 91 }] }, isJudged: false },
    { id: 'was stopped meanwhile', life: { pauses: [{ fromSeconds: 105, toSeconds: undefined }] }, isJudged: false },
    { id: 'was told to end meanwhile', life: { order: { kind: 'crash', seconds: 101 } }, isJudged: false }
  ])('a process that $id', ({ life, isJudged }) => {
    expect(judgeLook(lifeWith(life), bad).length > 0).toBe(isJudged)
  })
})
