import { describe, expect, test } from 'vitest'
import { createLayout } from '../../../src/interface/params.ts'
import { createRng } from '../../../src/math/philox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import {
  createFilter,
  filterKind,
  filterNames,
  filtersHelp,
  parseFilter
} from '../../../src/robust/filters/registry.ts'

const head = createLayout([
  { name: 'kernel', shape: [4, 3], kind: 'head' },
  { name: 'bias', shape: [3], kind: 'bias' }
])
const components = () => ({ vectors: new VectorHeap(), layout: head, rng: createRng(1, 'x'), maxSenders: 8 })

describe('filters by name', () => {
  test.each(filterNames)('%s: its text is read back', (name) => {
    const filter = createFilter(parseFilter(name), components())

    expect(filter.name).toBe(name)
    expect(filter.kind).toBe(filterKind(parseFilter(name)))
    expect(filtersHelp()).toContain(`  ${name}: `)
  })

  test('options are part of the name, where they are not the default', () => {
    const text = 'mud-hog:window=3:delay=4:targeted=off'

    expect(parseFilter(text)).toEqual({ filter: 'mud-hog', window: 3, delay: 4, targeted: 'off' })
    expect(createFilter(parseFilter(text), components()).name).toBe('mud-hog:delay=4:targeted=off')
  })

  test.each([
    { id: 'a name that is none', text: 'mudhog', message: /no filter "mudhog", did you mean mud-hog\?/ },
    { id: 'a name of Object', text: 'constructor', message: /no filter/ },
    { id: 'an option that is none', text: 'bristle:test=3', message: /no option "test", did you mean tested\?/ },
    { id: 'a value out of range', text: 'mud-hog:cosine=2', message: /cosine is 2, expected a number from -1 to 1/ },
    { id: 'an option twice', text: 'mud-hog:delay=2:delay=3', message: /delay twice/ },
    { id: 'no value', text: 'mud-hog:delay', message: /expected OPTION=VALUE/ },
    { id: 'its own key', text: 'mud-hog:filter=bristle', message: /expected OPTION=VALUE/ },
    { id: 'far too long', text: `mud-hog:${'x'.repeat(400)}`, message: /at most 300/ }
  ])('$id is refused', ({ text, message }) => {
    expect(() => parseFilter(text)).toThrow(message)
  })

  test('bristle wants the output layer alone', () => {
    const layout = createLayout([
      { name: 'hidden', shape: [4, 4], kind: 'kernel' },
      { name: 'kernel', shape: [4, 3], kind: 'head' }
    ])

    expect(() => createFilter({ filter: 'bristle' }, { ...components(), layout })).toThrow(/output layer alone/)
  })
})

test('a memory that could never be saved is refused at once', () => {
  const large = createLayout([{ name: 'kernel', shape: [4096, 3], kind: 'head' }])
  const create = (text: string) => () =>
    createFilter(parseFilter(text), { ...components(), layout: large, maxSenders: 128 })

  expect(create('mud-hog:window=400')).not.toThrow()
  expect(create('mud-hog:window=4096')).toThrow(/would remember \d{10} numbers.*smaller window or sketch/)
})
