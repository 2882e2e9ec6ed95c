import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'

const LOW_MEMORY = pathToFileURL(fileURLToPath(new URL('../../src/node/low-memory.ts', import.meta.url))).href
const PROGRAM = fileURLToPath(new URL('../../bin/starling.js', import.meta.url))
const MB = 1024 * 1024

/** Prints the bytes of the space for new objects when the process ends. */
const PRINT = `import v8 from 'node:v8'
  process.on('exit', () => {
    const space = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    console.log('new space', space.space_size)
  })`
/** Objects of which many live for a while: what makes the space grow. */
const CHURN = `let kept = []
  for (let i = 0; i < 400_000; i++) {
    kept.push({ i, more: [i] })
    if (kept.length > 60_000) kept = []
  }`

const module = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`

function newSpaceBytes(args: readonly string[]): number {
  const printed = execFileSync(process.execPath, ['--import', module(PRINT), ...args], { encoding: 'utf8' })

  return Number(/^new space (\d+)$/m.exec(printed)?.[1])
}

describe('keepHeapSmall', () => {
  test('keeps V8 from letting the space for new objects grow', () => {
    const run = (code: string): number => newSpaceBytes(['--input-type=module', '-e', code])

    expect(run(`import { keepHeapSmall } from '${LOW_MEMORY}'\nkeepHeapSmall()\n${CHURN}`)).toBeLessThan(6 * MB)
    expect(run(CHURN)).toBeGreaterThan(12 * MB) // else the above says nothing
  })

  test.each([
    ['node', '--help'],
    ['--debug', 'node', '--help']
  ])('holds before starling %s %s loads the rest', (...args) => {
    expect(newSpaceBytes([PROGRAM, ...args])).toBeLessThan(6 * MB)
  })

  test('is not for simulations, which have better use for the time', () => {
    expect(newSpaceBytes([PROGRAM, 'sim', '--help'])).toBeGreaterThan(6 * MB)
  })
})

describe('the allocator', () => {
  const PRINT_SETTINGS = `process.on('exit', () => {
    const settings = Object.entries(process.env).filter(([name]) => name.startsWith('MALLOC_'))
    console.log('settings', JSON.stringify({ pid: process.pid, ...Object.fromEntries(settings) }))
  })`

  /** What the process printed that came to its end, and which process was started. */
  function settingsOf(args: readonly string[], own: NodeJS.ProcessEnv = {}) {
    const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MALLOC_')))
    const { pid, stdout } = spawnSync(process.execPath, ['--import', module(PRINT_SETTINGS), PROGRAM, ...args], {
      encoding: 'utf8',
      env: { ...plain, ...own }
    })
    const lines = [...stdout.matchAll(/^settings (.*)$/gm)]

    return { pid, printed: lines.map(([, json]) => JSON.parse(json!) as Record<string, unknown>) }
  }

  test.runIf(process.platform === 'linux')('starling node starts anew in its own process to set it up', () => {
    const { pid, printed } = settingsOf(['node', '--help'])

    expect(printed).toEqual([
      { pid, MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '262144' }
    ])
  })

  test('what the owner of the machine has set stays', () => {
    const { printed } = settingsOf(['node', '--help'], { MALLOC_ARENA_MAX: '7' })

    expect(printed).toMatchObject([{ MALLOC_ARENA_MAX: '7' }])
  })

  test('other commands run as they are', () => {
    const { pid, printed } = settingsOf(['sim', '--help'])

    expect(printed).toEqual([{ pid }])
  })
})
