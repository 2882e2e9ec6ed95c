import type { Connection } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { openStream } from '../../src/gossip/open-stream.ts'

function failing(cause: unknown): Connection {
  return { newStream: () => Promise.reject(cause) } as unknown as Connection
}

test('a connection that goes meanwhile is an error with a code, not an event', async () => {
  await expect(openStream(failing(new Event('close')), '/x')).rejects.toMatchObject({ code: 'ERR_STREAM_CLOSED' })
})

test('an error of libp2p stays what it is', async () => {
  await expect(openStream(failing(new TypeError('reset')), '/x')).rejects.toThrow(new TypeError('reset'))
})

test('an abort keeps its reason', async () => {
  const signal = AbortSignal.abort(new Error('stopped'))
  await expect(openStream(failing(new Event('close')), '/x', { signal })).rejects.toThrow('stopped')
})
