import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CodedError } from '../../../src/interface/errors.ts'
import { ControlClient } from '../../../src/node/control/client.ts'
import type { NodeEvent } from '../../../src/node/events.ts'
import { serve, temporaryFolder } from './owner.ts'

const joined = (peer: string): NodeEvent => ({ event: 'peer:connected', peer })
const left = (peer: string): NodeEvent => ({ event: 'peer:disconnected', peer })
const wait = {
  kind: 'turn' as const,
  text: 'waiting for rain',
  what: 'rain',
  from: ['a'],
  sinceSeconds: 1,
  deadlineInSeconds: 2
}

describe('a client', () => {
  test('gets the answer to each of its calls, in whatever order they come', async () => {
    const gates = new Map<number, () => void>()
    const { client } = await serve({
      handlers: {
        rounds: ({ last }) => new Promise((resolve) => gates.set(last, () => resolve([]))),
        why: () => [wait]
      }
    })
    const owner = await client()
    const slow = owner.call('rounds', { last: 5 })
    expect(await owner.call('why')).toEqual([wait])
    gates.get(5)!()
    expect(await slow).toEqual([])
  })

  test('gets the code, message and details of a failure', async () => {
    const { client } = await serve({
      handlers: {
        dial: () => {
          throw new CodedError('ERR_DIAL_FAILED', 'nobody there', { cause: 'ECONNREFUSED' })
        }
      }
    })
    const owner = await client()
    await expect(owner.call('dial', { address: '/ip4/127.0.0.1/tcp/1' })).rejects.toMatchObject({
      code: 'ERR_DIAL_FAILED',
      message: 'nobody there',
      details: { cause: 'ECONNREFUSED' }
    })
  })

  test('refuses an answer that is none, and a node that is no node', async () => {
    const { client } = await serve({ handlers: { why: () => [{ ...wait, from: 'everybody' }] as never } })
    const owner = await client()
    await expect(owner.call('why')).rejects.toMatchObject({ code: 'ERR_CONTROL_ANSWER' })
  })

  test('says that nobody listens', async () => {
    await expect(ControlClient.connect({ kind: 'unix', path: `${temporaryFolder()}/none.sock` })).rejects.toMatchObject(
      { code: 'ERR_CONTROL_UNREACHABLE' }
    )
  })

  test('its calls end when the node does', async () => {
    const { client, server } = await serve({ handlers: { evaluate: () => new Promise(() => undefined) } })
    const owner = await client()
    const call = owner.call('evaluate')
    const rejection = expect(call).rejects.toMatchObject({ code: 'ERR_CONTROL_STOPPED' })
    // the server has the call
    await expect.poll(() => server.connections).toBe(1)
    await server.stop()
    await rejection
    await expect(owner.call('why')).rejects.toMatchObject({ code: 'ERR_CONTROL_STOPPED' })
  })
})

describe('events', () => {
  test('come to those who asked for them, by name', async () => {
    const { client, feed } = await serve()
    const owner = await client()
    const all: string[] = []
    const leaving: string[] = []
    const unsubscribe = await owner.subscribe([], ({ event }) => all.push(event.event))
    await owner.subscribe(['peer:disconnected'], ({ event }) => leaving.push(event.event))
    feed.emit(joined('a'))
    feed.emit(left('a'))
    await expect.poll(() => leaving).toEqual(['peer:disconnected'])
    expect(all).toEqual(['peer:connected', 'peer:disconnected'])

    unsubscribe()
    await expect.poll(() => feed.size).toBe(1)
    feed.emit(left('b'))
    await expect.poll(() => leaving).toHaveLength(2)
    expect(all).toHaveLength(2)
  })

  test('can be looped over; leaving the loop unsubscribes', async () => {
    const { client, feed } = await serve()
    const owner = await client()
    const stream = await owner.events(['peer:connected'])
    for (const peer of ['a', 'b', 'c']) feed.emit(joined(peer))
    const seen: NodeEvent[] = []
    for await (const { event, at } of stream) {
      expect(Date.parse(at)).not.toBeNaN()
      seen.push(event)
      if (seen.length === 2) break
    }
    expect(seen).toEqual([joined('a'), joined('b')])
    await expect.poll(() => feed.size).toBe(0)
  })

  test('a listener that throws harms nobody but itself', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warned.mockRestore())
    const { client, feed } = await serve({ handlers: { why: () => [wait] } })
    const owner = await client()
    const oops = new TypeError('oops')
    await owner.subscribe([], () => {
      throw oops
    })
    const seen: string[] = []
    await owner.subscribe([], ({ event }) => seen.push(event.event))
    feed.emit(joined('a'))
    feed.emit(left('a'))

    await expect.poll(() => seen).toEqual(['peer:connected', 'peer:disconnected'])
    expect(warned.mock.calls).toEqual([[oops], [oops]])
    expect(await owner.call('why')).toEqual([wait])
  })

  test('of a stream that has ended take no place of those to come', async () => {
    const { client, feed } = await serve()
    const owner = await client()
    const unsubscribe = await owner.subscribe([], () => undefined)
    unsubscribe()
    // the node does not know yet that nobody listens
    for (let i = 0; i < 300; i++) feed.emit(joined(`${i}`))
    await expect.poll(() => feed.size).toBe(0)

    const on = feed.on.bind(feed)
    feed.on = (listener) => {
      // comes before the answer that says of which subscription it is
      queueMicrotask(() => feed.emit(joined('early')))

      return on(listener)
    }
    const seen: NodeEvent[] = []
    await owner.subscribe([], ({ event }) => seen.push(event))
    expect(seen).toEqual([joined('early')])
  })

  test('the loop ends with the signal, and with the node', async () => {
    const { client, server } = await serve()
    const owner = await client()
    const stop = new AbortController()
    const first = await owner.events([], { signal: stop.signal })
    const second = await owner.events()
    stop.abort()
    expect(await first.next()).toEqual({ done: true, value: undefined })
    await server.stop()
    expect(await second.next()).toEqual({ done: true, value: undefined })
  })
})
