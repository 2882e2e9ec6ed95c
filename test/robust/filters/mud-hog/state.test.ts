import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FilterStateError } from '../../../../src/robust/filters/errors.ts'
import { decodeState, encodeState } from '../../../../src/robust/filters/state-codec.ts'
import { type Kind, rounds } from './flock.ts'
import { mudHog } from './make.ts'

const kinds: Kind[] = ['honest', 'honest', 'honest', 'honest', 'flip', 'noise']
const inputs = [...rounds({ seed: 3, dim: 80, kinds }, 9)]

function played(count: number) {
  const filter = mudHog({ dim: 80 })
  for (const input of inputs.slice(0, count)) filter.screen(input)

  return filter
}

describe('state of mud-hog', () => {
  test.each([0, 2, 5])('after %i rounds, a restored filter goes on as the other would have', (count) => {
    const restored = mudHog({ dim: 80, seed: 2 })
    restored.restore(played(count).save())
    expect(restored.scores()).toEqual(played(count).scores())

    for (const input of inputs.slice(count)) restored.screen(input)
    expect(restored.scores()).toEqual(played(9).scores())
    expect(restored.save()).toEqual(played(9).save())
  })

  test('takes the key of its sketches along', () => {
    const init = { dim: 500, text: 'mud-hog:sketch=64' }
    const [one, two] = [mudHog({ ...init, seed: 1 }), mudHog({ ...init, seed: 2 })]
    const long = [...rounds({ seed: 3, dim: 500, kinds }, 8)]
    for (const input of long.slice(0, 5)) one.screen(input)
    two.restore(one.save())
    for (const input of long.slice(5)) expect(two.screen(input)).toEqual(one.screen(input))
    expect(two.save()).toEqual(one.save())
  })

  test.each([
    { id: 'another dim', filter: mudHog({ dim: 81 }) },
    { id: 'another option', filter: mudHog({ dim: 80, text: 'mud-hog:window=4' }) },
    { id: 'fewer senders', filter: mudHog({ dim: 80, maxSenders: 3 }) }
  ])('$id: refused', ({ filter }) => {
    const before = filter.save()

    expect(() => filter.restore(played(4).save())).toThrow(FilterStateError)
    expect(filter.save()).toEqual(before)
  })

  test('whatever a header says, it is taken whole or refused whole', () => {
    const { header, floats } = decodeState(played(5).save())
    const key = fc.constantFrom('name', 'dim', 'key', 'own', 'senders', 'extra')
    const sender = fc.record({ sender: fc.constantFrom('a', ''), count: fc.integer(), standing: fc.anything() })
    const value = fc.oneof(fc.jsonValue(), fc.array(sender, { maxLength: 3 }))
    fc.assert(
      fc.property(key, value, fc.nat(2000), (changed, to, length) => {
        const filter = played(0)
        const before = filter.save()
        const bytes = encodeState({
          header: { ...(header as object), [changed]: to },
          floats: floats.subarray(0, Math.max(length, floats.length - length))
        })
        try {
          filter.restore(bytes)
          expect(filter.save()).toEqual(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(FilterStateError)
          expect(filter.save()).toEqual(before)
        }
      })
    )
  })

  test('two of one name are refused', () => {
    const { header, floats } = decodeState(played(5).save())
    const { senders, ...rest } = header as { senders: object[] }
    const twice = [senders[0], ...senders.slice(0, -1)]

    expect(() => played(0).restore(encodeState({ header: { ...rest, senders: twice }, floats }))).toThrow(/contradict/)
  })
})
