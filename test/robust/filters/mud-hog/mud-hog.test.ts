import { describe, expect, test } from 'vitest'
import { createRng } from '../../../../src/math/philox.ts'
import type { ScreenInput, ScreeningFilter } from '../../../../src/robust/filters/filter.ts'
import { flock, type Kind, rounds } from './flock.ts'
import { mudHog } from './make.ts'

const many = (kind: Kind, count: number): Kind[] => Array.from({ length: count }, () => kind)

interface Run {
  seed?: number
  dim?: number
  count?: number
  text?: string
}

/** Senders left out in each round, and the filter afterwards. */
function play(kinds: readonly Kind[], { seed = 1, dim = 300, count = 8, text = 'mud-hog' }: Run = {}) {
  const filter = mudHog({ text, dim, seed })
  const left = Array.from(rounds({ seed, dim, kinds }, count), (input) => {
    const admitted = filter.screen(input)
    return input.models.flatMap(({ sender }, i) => (admitted.includes(i) ? [] : [sender]))
  })

  return { filter, left }
}

const reasonOf = (filter: ScreeningFilter, sender: string): string =>
  filter.scores().find((score) => score.sender === sender)!.reason

describe.each([1, 2, 3])('mud-hog, seed %i', (seed) => {
  test('leaves nobody out when all are honest', () => {
    const { filter, left } = play(many('honest', 10), { seed, count: 30 })

    expect(left.flat()).toEqual([])
    expect(filter.scores().every(({ score }) => score === 1)).toBe(true)
  })

  test('confirms a sign flip after two rounds', () => {
    const { filter, left } = play([...many('honest', 7), 'flip', 'flip'], { seed })

    expect(left.slice(0, 3).flat()).toEqual([])
    for (const names of left.slice(3)) expect(names).toEqual(['7-flip', '8-flip'])
    expect(reasonOf(filter, '7-flip')).toMatch(/^cosine to the median -0\.\d\d for 6 rounds: sign flip$/)
  })

  test('drops noise at once', () => {
    const { filter, left } = play([...many('honest', 9), 'noise'], { seed })

    for (const names of left.slice(2)) expect(names).toEqual(['9-noise'])
    expect(reasonOf(filter, '9-noise')).toMatch(/^\d\.\d times as far out as usual models for 6 rounds: noise$/)
  })

  test('drops a group that trains towards something else', () => {
    const { filter, left } = play([...many('honest', 12), ...many('targeted', 5)], { seed })

    for (const names of left.slice(2)) expect(names).toHaveLength(5)
    expect(left.flat().every((name) => name.endsWith('targeted'))).toBe(true)
    expect(reasonOf(filter, '12-targeted')).toMatch(/^one of 5 of 18 in a group apart, silhouette 0\.\d\d for 6 rounds/)
  })

  test('unless that is off', () => {
    const { left } = play([...many('honest', 12), ...many('targeted', 5)], { seed, text: 'mud-hog:targeted=off' })

    expect(left.flat()).toEqual([])
  })

  test('keeps an honest minority that differs a little, and senders that all differ', () => {
    expect(play([...many('honest', 8), ...many('minority', 3)], { seed, count: 12 }).left.flat()).toEqual([])
    expect(play(many('skewed', 10), { seed, count: 12 }).left.flat()).toEqual([])
  })

  test('keeps who is unreliable, and says so', () => {
    const { filter, left } = play([...many('honest', 7), 'unreliable'], { seed, count: 12 })

    expect(left.flat()).toEqual([])
    expect(filter.scores().find(({ sender }) => sender === '7-unreliable')).toMatchObject({
      score: 0.5,
      isExcluded: false,
      reason: expect.stringMatching(/^cosine to the median 0\.\d\d: unreliable$/)
    })
  })

  test('takes back who is usual again', () => {
    const { filter, left } = play([...many('honest', 8), 'wavering'], { seed, count: 18 })

    expect(left[9]).toEqual(['8-wavering'])
    expect(left.at(-1)).toEqual([])
    expect(reasonOf(filter, '8-wavering')).toMatch(/: usual$/)
  })

  test('sees the same through a sketch', () => {
    const kinds: Kind[] = [...many('honest', 7), 'flip', 'flip', 'noise']
    const { left } = play(kinds, { seed, dim: 9000, text: 'mud-hog:sketch=512', count: 6 })

    for (const names of left.slice(3)) expect(names).toEqual(['7-flip', '8-flip', '9-noise'])
  })

  test('with four neighbours it still sees who is turned round or far out', () => {
    expect(play([...many('honest', 3), 'flip'], { seed }).left.at(-1)).toEqual(['3-flip'])
    expect(play([...many('honest', 3), 'noise'], { seed }).left.at(-1)).toEqual(['3-noise'])
  })
})

describe('mud-hog, limits', () => {
  test('judges nobody before warmup', () => {
    const { filter, left } = play([...many('honest', 7), 'noise'], { count: 2 })

    expect(left.flat()).toEqual([])
    expect(reasonOf(filter, '7-noise')).toBe('2 of the 3 updates that it takes to judge')
  })

  test('one neighbour, or none, is never left out', () => {
    expect(play(['noise'], { count: 8 }).left.flat()).toEqual([])
    expect(play([], { count: 3 }).left.flat()).toEqual([])
  })

  test('a round without a training changes nothing, and leaves out whom it did', () => {
    const { filter } = play([...many('honest', 7), 'flip'])
    const before = filter.save()
    const [input] = rounds({ seed: 9, dim: 300, kinds: [...many('honest', 6), 'noise', 'flip'] }, 1)
    const admitted = filter.screen({ ...input!, start: undefined })

    expect(admitted).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(filter.save()).toEqual(before)
  })

  test('what one round held against a sender is over in the next one that only merges', () => {
    const filter = mudHog({ dim: 300 })
    const init = { seed: 3, dim: 300, kinds: [...many('honest', 7), 'noise'] as Kind[] }
    const left = Array.from(rounds({ ...init, from: 6 }, 6), (input) => {
      const whileTraining = filter.screen(input)
      return [whileTraining, filter.screen({ ...input, start: undefined })].map((admitted) => !admitted.includes(7))
    })

    expect(left.at(-1)).toEqual([true, false])
  })

  test('steps that are small against those before neither convict nor clear', () => {
    const kinds: Kind[] = [...many('honest', 7), 'flip']
    const filter = mudHog({ dim: 300 })
    const left: string[][] = []
    for (const input of rounds({ seed: 3, dim: 300, kinds }, 24)) {
      // late: small steps; honest 0 lies far out on the other side, the one turned round looks as all do
      const isLate = input.round > 12
      const scales = kinds.map((_, i) => (!isLate ? 1 : i === 0 ? -0.2 : i === 7 ? -0.05 : 0.05))
      const near = (params: Float32Array, scale: number): Float32Array =>
        params.map((value, i) => input.start![i]! + scale * (value - input.start![i]!))
      const models = input.models.map((model, i) => ({ ...model, params: near(model.params, scales[i]!) }))
      const admitted = filter.screen({ ...input, models, own: near(input.own!, isLate ? 0.05 : 1) })
      left.push(models.flatMap(({ sender }, i) => (admitted.includes(i) ? [] : [sender])))
    }

    for (const names of left.slice(3)) expect(names).toEqual(['7-flip'])
  })

  test('nobody is turned round among updates with nothing in common, or that are rounding', () => {
    const dim = 2000
    const start = new Float32Array(dim).fill(1)
    for (const size of [1, 1e-7]) {
      const [filter, rng] = [mudHog({ dim }), createRng(8, 'no direction')]
      const made = (): Float32Array => start.map((value) => value + size * rng.normal())
      for (let round = 1; round < 20; round++) {
        const models = ['a', 'b', 'c', 'd', 'e', 'f'].map((sender) => ({ sender, params: made() }))
        models.push({ sender: 'against', params: start.map((value, i) => 2 * value - models[0]!.params[i]!) })
        filter.screen({ round, start, own: made(), models })
        expect(filter.scores().filter(({ reason }) => reason.includes('sign flip'))).toEqual([])
      }
    }
  })

  test('who is two rounds late is not turned round', () => {
    const dim = 300
    const [punctual, late] = [mudHog({ dim }), mudHog({ dim })]
    const shift = new Float32Array(dim)
    const sent: Float32Array[] = []
    let input: ScreenInput | undefined
    for (const made of rounds({ seed: 2, dim, kinds: many('honest', 6) }, 10)) {
      // everybody moves on by what the node itself learns
      const move = (params: Float32Array): Float32Array => params.map((value, i) => value + shift[i]!)
      const models = made.models.map(({ sender, params }) => ({ sender, params: move(params), round: made.round }))
      sent.push(models[0]!.params)
      models[0] = { ...models[0]!, params: sent.at(-3) ?? sent[0]!, round: Math.max(1, made.round - 2) }
      input = { round: made.round, start: move(made.start!), own: move(made.own!), models }
      punctual.screen(input)
      late.screen({ ...input, models: models.map(({ round: _, ...model }) => model) })
      for (let i = 0; i < dim; i++) shift[i] = shift[i]! + made.own![i]! - made.start![i]!
    }

    expect(late.screen(input!)).not.toContain(0)
    expect(punctual.scores().map(({ score }) => score)).toEqual([1, 1, 1, 1, 1, 1])
  })

  test('takes models that are all the same', () => {
    const filter = mudHog({ dim: 8 })
    const params = new Float32Array(8).fill(1)
    for (let round = 1; round < 8; round++) {
      const models = ['a', 'b', 'c', 'd', 'e'].map((sender) => ({ sender, params }))
      expect(filter.screen({ round, start: params, own: params, models })).toEqual([0, 1, 2, 3, 4])
    }
  })

  test('remembers at most maxSenders, and takes no more in a round', () => {
    const filter = mudHog({ dim: 100, maxSenders: 6 })
    const [input] = rounds({ seed: 1, dim: 100, kinds: many('honest', 9) }, 1)

    expect(filter.screen(input!)).toEqual([0, 1, 2, 3, 4, 5])
    const before = filter.save().length
    for (let round = 0; round < 20; round++) {
      const models = input!.models.map((model, i) => ({ ...model, sender: `${round}-${i}-honest` }))
      filter.screen({ ...input!, models })
    }
    expect(filter.scores()).toHaveLength(6)
    expect(filter.save().length).toBeLessThan(before + 200)
  })

  test('the memory of a sender does not grow with the model', () => {
    const filter = mudHog({ dim: 50_000, text: 'mud-hog:sketch=64' })
    for (const input of rounds({ seed: 1, dim: 50_000, kinds: many('honest', 2) }, 5)) filter.screen(input)

    // four vectors of 64 floats for each of two senders and the node itself, and the header
    expect(filter.save().length).toBeLessThan(3 * 4 * 64 * 4 + 1500)
  })

  test('huge values neither break it nor hide in it', () => {
    const filter = mudHog({ dim: 300 })
    let admitted: number[] = []
    for (const input of rounds({ seed: 4, dim: 300, kinds: many('honest', 8) }, 6)) {
      const huge = { sender: 'huge', params: new Float32Array(300).fill(3e38) }
      const large = { sender: 'large', params: input.models[0]!.params.map((value) => value + 3) }
      admitted = filter.screen({ ...input, models: [huge, large, ...input.models] }) as number[]
    }

    expect(admitted).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('inputs are not written, and equal runs conclude the same', () => {
    const [input] = rounds({ seed: 5, dim: 50, kinds: many('honest', 5) }, 1)
    const before = input!.models.map(({ params }) => params.slice())
    mudHog({ dim: 50 }).screen(input!)
    expect(input!.models.map(({ params }) => params)).toEqual(before)

    const kinds: Kind[] = [...many('honest', 6), 'flip', 'unreliable']
    expect(play(kinds).filter.save()).toEqual(play(kinds).filter.save())
  })

  test('its short history goes on past the window', () => {
    const filter = mudHog({ dim: 300 })
    const kinds: Kind[] = [...many('honest', 7), 'flip']
    const left: string[][] = []
    for (const input of flock({ seed: 6, dim: 300, kinds, from: 10, until: 20 })) {
      const admitted = filter.screen(input)
      left.push(input.models.flatMap(({ sender }, i) => (admitted.includes(i) ? [] : [sender])))
      if (input.round === 26) break
    }

    // three rounds until the mean of three points back, two that confirm; and the other way about
    expect(left.findIndex((names) => names.length > 0) + 1).toBeGreaterThanOrEqual(11)
    expect(left.findIndex((names) => names.length > 0) + 1).toBeLessThanOrEqual(13)
    expect(left.at(-1)).toEqual([])
  })
})
