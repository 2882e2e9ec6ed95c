import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { FilterMemory } from '../../src/node/filter-memory.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { createFilter, type ScreeningFilter } from '../../src/robust/filters/registry.ts'
import { filterStatePath } from '../../src/store/filter-state.ts'
import { writeWhole } from '../../src/store/whole-file.ts'

const DIM = 6

function newFilter(dim = DIM): ScreeningFilter {
  const components = { vectors: new VectorHeap(), layout: { tensors: [], dim }, rng: createRng(1, 'x'), maxSenders: 8 }

  return createFilter({ filter: 'mud-hog' }, components) as ScreeningFilter
}

function learned(): ScreeningFilter {
  const filter = newFilter()
  const [start, params] = [new Float32Array(DIM), new Float32Array(DIM).fill(1)]
  filter.screen({ round: 1, start, own: params, models: [{ sender: 'a', params }] })

  return filter
}

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-memory-'))
  onTestFinished(() => rm(folder, { recursive: true }))

  return filterStatePath(folder, 'job')
}

function remembering(filter: ScreeningFilter, path: string) {
  const lines: string[] = []
  const memory = new FilterMemory({ filter, clock: systemClock, log: (_, message) => lines.push(message) }, path)

  return { memory, lines }
}

describe('FilterMemory', () => {
  test('what one life learnt, the next one knows', async () => {
    const path = await newPath()
    const first = remembering(learned(), path)
    await first.memory.start()
    await first.memory.stop()
    const filter = newFilter()
    const second = remembering(filter, path)
    await second.memory.start()
    await second.memory.stop()

    expect(filter.scores()).toEqual(learned().scores())
    expect(filter.scores()).toHaveLength(1)
    expect([...first.lines, ...second.lines]).toEqual([])
  })

  test.each([
    { id: 'torn', bytes: async () => learned().save().subarray(0, 100) },
    { id: 'of another model', bytes: async () => newFilter(DIM + 1).save() },
    { id: 'something else', bytes: async () => new TextEncoder().encode('hello') }
  ])('a file that is $id is put aside, and the filter starts afresh', async ({ bytes }) => {
    const path = await newPath()
    const bad = await bytes()
    await writeWhole(path, bad)
    const filter = newFilter()
    const { memory, lines } = remembering(filter, path)
    await memory.start()

    expect(filter.scores()).toEqual([])
    expect(new Uint8Array(await readFile(`${path}.bad`))).toEqual(Uint8Array.from(bad))
    expect(lines.join('; ')).toMatch(/the filter starts afresh; the file is kept as .*job\.state\.bad/)
    await memory.stop()
    expect(await readdir(dirname(path))).toEqual(['job.state', 'job.state.bad'])
  })

  test('stopping while it starts costs nothing of what was saved', async () => {
    const path = await newPath()
    await writeWhole(path, learned().save())
    const saved = await readFile(path)
    const { memory, lines } = remembering(newFilter(), path)
    const started = memory.start()
    await memory.stop()
    await started

    expect(await readFile(path)).toEqual(saved)
    expect(lines).toEqual([])
  })

  test('a file that can not be read now may be a good one: it stays, and is not written over', async () => {
    const path = await newPath()
    await mkdir(path, { recursive: true }) // EISDIR, as EMFILE and EIO might come
    await writeFile(join(path, 'kept'), 'x')
    const { memory, lines } = remembering(learned(), path)
    await memory.start()
    await memory.stop()

    expect(await readdir(dirname(path))).toEqual(['job.state'])
    expect(await readdir(path)).toEqual(['kept'])
    expect(lines.join('; ')).toMatch(/^[^;]*EISDIR[^;]*; the filter starts afresh, and the file stays as it is[^;]*$/)
  })

  test('a folder that can not be made costs a warning', async () => {
    const path = await newPath()
    const { memory, lines } = remembering(learned(), path)
    await memory.start()
    await writeFile(dirname(path), 'a file in the way')
    await memory.stop()

    expect(lines.join('; ')).toMatch(/can't be written/)
  })

  test('a changed conclusion is written within seconds', async () => {
    const path = await newPath()
    const { memory } = remembering(learned(), path)
    await memory.start()
    onTestFinished(() => memory.stop())
    memory.conclusionChanged()

    await expect.poll(() => readFile(path), { timeout: 15_000, interval: 200 }).toBeInstanceOf(Buffer)
  }, 20_000)

  test('starting and stopping twice is once, and stopping first is nothing', async () => {
    const path = await newPath()
    const { memory, lines } = remembering(learned(), path)
    await memory.stop()
    await memory.start()
    await memory.start()
    await memory.stop()
    await memory.stop()

    expect(lines).toEqual([])
  })
})
