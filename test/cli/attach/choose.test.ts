import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { chooseOn } from '../../../src/cli/attach/choose.ts'
import type { NodeRecord } from '../../../src/node/control/node-record.ts'
import { PEER_A, SELF } from '../../fixtures/answers.ts'

const record = (peer: string): NodeRecord => ({
  pid: 1,
  peer,
  job: 'flock',
  dataDir: null,
  startedAt: '2026-11-28T14:03:09.000Z',
  control: { kind: 'unix', path: '/run/a.sock' }
})

const records = [record(SELF), record(PEER_A)]

function terminal(): { input: PassThrough; output: PassThrough; written: () => string } {
  const stream = (): PassThrough => Object.assign(new PassThrough(), { isTTY: true })
  const output = stream()
  let text = ''
  output.on('data', (chunk) => {
    text += chunk
  })

  return { input: stream(), output, written: () => text }
}

test('a number chooses, and what is none is asked again', async () => {
  const { input, output, written } = terminal()
  const chosen = chooseOn({ input, output })(records)
  await vi.waitFor(() => expect(written()).toMatch(/1 {2}flock {2}\.\.kM66nCEJ[\s\S]*which one\? \(1 to 2\) /), {
    timeout: 15_000
  })
  for (const wrong of ['', '0', '3', 'two', '1.5']) {
    const before = written().length
    input.write(`${wrong}\n`)
    await vi.waitFor(
      () => expect(written().slice(before)).toMatch(/a number from 1 to 2, or Ctrl-C\n[\s\S]*which one/),
      { timeout: 15_000 }
    )
  }
  input.write('2\n')

  expect((await chosen).peer).toBe(PEER_A)
})

test('leaving chooses none', async () => {
  const { input, output, written } = terminal()
  const chosen = chooseOn({ input, output })(records)
  chosen.catch(() => undefined)
  await vi.waitFor(() => expect(written()).toContain('which one?'), { timeout: 15_000 })
  input.end()

  await expect(chosen).rejects.toMatchObject({ code: 'ERR_CONTROL_SEVERAL', message: 'no node chosen' })
})

test('nobody is asked who is not there', async () => {
  const { input, output, written } = terminal()
  Object.assign(input, { isTTY: false })

  await expect(chooseOn({ input, output })(records)).rejects.toMatchObject({ code: 'ERR_CONTROL_SEVERAL' })
  expect(written()).toContain('..P7sETKKL')
})
