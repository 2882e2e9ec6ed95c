import type { Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { closeStream } from '../../src/gossip/close-stream.ts'

/** A stream whose close rejects as libp2p's does: with an event. */
const cut = { close: () => Promise.reject(new Event('close')) } as unknown as Stream

test('a stream cut off while it closes is an error with a code, not an event', async () => {
  await expect(closeStream(cut)).rejects.toMatchObject({ code: 'ERR_STREAM_CLOSED' })
})

test('an abort keeps its reason', async () => {
  await expect(closeStream(cut, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped')
})
