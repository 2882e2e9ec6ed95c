import { describe, expect, test } from 'vitest'
import { judgeDescriptors } from '../../../scripts/soak/judge/descriptors.ts'
import { sampled } from './lives.ts'

const megabytes = (): number => 300

describe('judgeDescriptors', () => {
  test.each([
    { id: 'as many all the time', descriptors: () => 40, broken: false },
    { id: 'connections that come and go', descriptors: (s: number) => 36 + (s % 14), broken: false },
    { id: 'a few more, of a newcomer', descriptors: (s: number) => (s > 250 ? 46 : 40), broken: false },
    {
      id: 'one that is never closed, every twenty seconds',
      descriptors: (s: number) => 40 + Math.floor(s / 20),
      broken: true
    },
    {
      id: 'a leak between connections that come and go',
      descriptors: (s: number) => 40 + (s % 5) + Math.floor(s / 10),
      broken: true
    }
  ])('$id', ({ descriptors, broken }) => {
    expect(judgeDescriptors(sampled({ seconds: 600, megabytes, descriptors }))).toHaveLength(broken ? 1 : 0)
  })

  test('says how many of which', () => {
    const [finding] = judgeDescriptors(sampled({ seconds: 100, megabytes, descriptors: (s) => (s < 50 ? 40 : 90) }))

    expect(finding!.text).toBe(
      '62 sockets and 28 files open at the least in its last fifth, 12 sockets and 28 files at the most in its second'
    )
  })

  test('does not judge a short life', () => {
    expect(judgeDescriptors(sampled({ seconds: 90, megabytes, descriptors: (s) => 40 + s }))).toEqual([])
  })
})
