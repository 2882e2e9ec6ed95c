import { execFileSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'

const NEW_SPACE = pathToFileURL(fileURLToPath(new URL('../../src/gossip/new-space.ts', import.meta.url))).href
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

describe('keepNewSpaceSmall', () => {
  test('keeps V8 from letting the space for new objects grow', () => {
    const run = (code: string): number => newSpaceBytes(['--input-type=module', '-e', code])

    expect(run(`import { keepNewSpaceSmall } from '${NEW_SPACE}'\nkeepNewSpaceSmall()\n${CHURN}`)).toBeLessThan(6 * MB)
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
