import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { StreamStateError } from '@libp2p/interface'
import { describe, expect, test } from 'vitest'
import { isLateStreamError } from '../../src/node/late-stream-errors.ts'

const MODULE = new URL('../../src/node/late-stream-errors.ts', import.meta.url).href
const HERE = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a module in a process of its own, under the guard. */
function guarded(body: string) {
  const script = `
    import { outliveLateStreamErrors } from ${JSON.stringify(MODULE)}
    const end = outliveLateStreamErrors((error) => console.log('outlived', error.name))
    ${body}
    setTimeout(() => { end(); console.log('alive', process.listenerCount('uncaughtException')); process.exit() }, 200)`

  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', cwd: HERE })
}

/** A stream opened on a connection that goes at that moment: Yamux writes to it in a microtask. */
const RACE = `
  import { yamux } from '@chainsafe/libp2p-yamux'
  import { defaultLogger } from '@libp2p/logger'
  import { streamPair } from '@libp2p/utils'
  const log = defaultLogger()
  const [connection] = await streamPair()
  const muxer = yamux()({ logger: log }).createStreamMuxer(connection)
  connection.close().catch(() => undefined)
  muxer.createStream().catch(() => undefined)`

describe('a process with the guard', () => {
  test('outlives what Yamux throws where nobody can catch it', () => {
    const { stdout, stderr, status } = guarded(RACE)

    expect(stdout, stderr).toBe('outlived StreamStateError\nalive 0\n')
    expect(status).toBe(0)
  })

  test('ends by every other uncaught error, with its own stack', () => {
    const { stdout, stderr, status } = guarded(`queueMicrotask(function ours() { throw new TypeError('a bug') })`)

    expect(status).not.toBe(0)
    expect(stderr).toMatch(/TypeError: a bug\n {4}at ours/)
    expect(stdout).toBe('')
  })
})

test('an error of that name that our own code throws is a bug of ours', () => {
  expect(isLateStreamError(new StreamStateError('here'))).toBe(false)
  expect(isLateStreamError(undefined)).toBe(false)
})
