import { describe, expect, test } from 'vitest'
import type { NodeEvent } from '../../../src/node/events.ts'
import { serve } from './owner.ts'
import { RawClient, request } from './raw-client.ts'

const none: never[] = []
const joined = (peer: string): NodeEvent => ({ event: 'peer:connected', peer })
/** Enough that no socket takes it at once. */
const LONG = 'x'.repeat(60_000)

describe('what is no request', () => {
  test.each([
    { what: 'not JSON', line: '{', error: 'null: -32700 ERR_CONTROL_PARSE' },
    { what: 'HTTP', line: 'GET / HTTP/1.1', error: 'null: -32700 ERR_CONTROL_PARSE' },
    { what: 'not UTF-8', line: Buffer.from([0x22, 0xff, 0x22]), error: 'null: -32700 ERR_CONTROL_PARSE' },
    { what: 'a number', line: '1', error: 'null: -32600 ERR_CONTROL_REQUEST' },
    { what: 'null', line: 'null', error: 'null: -32600 ERR_CONTROL_REQUEST' },
    { what: 'an empty batch', line: '[]', error: 'null: -32600 ERR_CONTROL_REQUEST' },
    { what: 'a batch too long', line: `[${'1,'.repeat(64)}1]`, error: 'null: -32600 ERR_CONTROL_REQUEST' },
    { what: 'depth', line: '['.repeat(60_000), error: 'null: -32700 ERR_CONTROL_PARSE' },
    { what: 'nested', line: `${'['.repeat(20_000)}${']'.repeat(20_000)}`, error: 'null: -32600 ERR_CONTROL_REQUEST' },
    { what: 'no version', line: '{"id":1,"method":"why"}', error: '1: -32600 ERR_CONTROL_REQUEST' },
    {
      what: 'another version',
      line: '{"jsonrpc":"1.0","id":1,"method":"why"}',
      error: '1: -32600 ERR_CONTROL_REQUEST'
    },
    { what: 'no method', line: '{"jsonrpc":"2.0","id":"a"}', error: '"a": -32600 ERR_CONTROL_REQUEST' },
    { what: 'id an object', line: request({}, 'why'), error: 'null: -32600 ERR_CONTROL_REQUEST' },
    { what: 'id too long', line: request('i'.repeat(200), 'why'), error: 'null: -32600 ERR_CONTROL_REQUEST' },
    { what: 'params a string', line: request(1, 'why', 'x'), error: '1: -32600 ERR_CONTROL_REQUEST' },
    { what: 'params by position', line: request(1, 'rounds', [3]), error: '1: -32602 ERR_CONTROL_PARAMS' },
    { what: 'no such method', line: request(1, 'wyh'), error: '1: -32601 ERR_CONTROL_METHOD' },
    { what: 'a method of all objects', line: request(1, 'constructor'), error: '1: -32601 ERR_CONTROL_METHOD' },
    { what: 'a prototype', line: request(1, '__proto__'), error: '1: -32601 ERR_CONTROL_METHOD' },
    {
      what: 'params of a wrong type',
      line: request(1, 'rounds', { last: 'all' }),
      error: '1: -32602 ERR_CONTROL_PARAMS'
    },
    { what: 'params out of range', line: request(1, 'rounds', { last: 1e9 }), error: '1: -32602 ERR_CONTROL_PARAMS' },
    { what: 'an unknown param', line: request(1, 'rounds', { lst: 1 }), error: '1: -32602 ERR_CONTROL_PARAMS' },
    {
      what: 'a param of all objects',
      line: '{"jsonrpc":"2.0","id":1,"method":"why","params":{"__proto__":1}}',
      error: '1: -32602 ERR_CONTROL_PARAMS'
    }
  ])('$what', async ({ line, error }) => {
    const { endpoint, bugs } = await serve({ handlers: { why: () => none } })
    const raw = await RawClient.connect(endpoint)
    // and what comes after it is answered as ever
    raw.send(line, request(2, 'why'))
    await expect.poll(() => raw.lines.length).toBe(2)
    expect(raw.errors).toEqual([error])
    expect(raw.answers).toContainEqual({ jsonrpc: '2.0', id: 2, result: [] })
    expect(bugs).toEqual([])
  })

  test('a hint goes with a misspelt method', async () => {
    const { endpoint } = await serve()
    const raw = await RawClient.connect(endpoint)
    raw.send(request(1, 'peerz'))
    await expect.poll(() => raw.lines.join()).toContain('did you mean \\"peers\\"?')
  })

  test('a line without end is cut off', async () => {
    const { endpoint, server } = await serve()
    const raw = await RawClient.connect(endpoint)
    raw.socket.write('x'.repeat(70_000))
    await expect.poll(() => raw.isEnded).toBe(true)
    expect(raw.errors).toEqual(['null: -32000 ERR_CONTROL_LINE'])
    await expect.poll(() => server.connections).toBe(0)
  })

  test('a failure that nobody foresaw is told, and reported', async () => {
    const { endpoint, bugs } = await serve({
      handlers: {
        why: () => {
          throw new TypeError('oops')
        }
      }
    })
    const raw = await RawClient.connect(endpoint)
    raw.send(request(1, 'why'))
    await expect.poll(() => raw.errors).toEqual(['1: -32603 ERR_CONTROL_INTERNAL'])
    expect(bugs).toMatchObject([{ message: 'oops' }])
  })
})

describe('JSON-RPC', () => {
  test('a request may come in pieces, and several at once', async () => {
    const { endpoint } = await serve({ handlers: { why: () => none } })
    const raw = await RawClient.connect(endpoint)
    for (const letter of request(1, 'why')) raw.socket.write(letter)
    raw.socket.write(`\r\n\n\n${request(2, 'why')}\n${request(3, 'why')}\n`)
    await expect.poll(() => raw.answers.flat().map(({ id }) => id)).toEqual([1, 2, 3])
  })

  test('a batch is answered as one, without the notifications in it', async () => {
    const { endpoint } = await serve({ handlers: { why: () => none } })
    const raw = await RawClient.connect(endpoint)
    raw.send(`[${request(1, 'why')},1,{"jsonrpc":"2.0","method":"why"},${request('b', 'nope')}]`)
    await expect.poll(() => raw.lines.length).toBe(1)
    expect((raw.answers[0] as { id: unknown }[]).map(({ id }) => id)).toEqual([1, null, 'b'])
  })

  test('notifications are done and not answered', async () => {
    let count = 0
    const { endpoint } = await serve({
      handlers: {
        why: () => {
          count++
          return none
        }
      }
    })
    const raw = await RawClient.connect(endpoint)
    raw.send('{"jsonrpc":"2.0","method":"why"}', '[{"jsonrpc":"2.0","method":"why"}]', request(1, 'why'))
    await expect.poll(() => raw.answers).toEqual([{ jsonrpc: '2.0', id: 1, result: [] }])
    expect(count).toBe(3)
  })

  test('whoever has said all that it wants to still gets its answers', async () => {
    const gate = Promise.withResolvers<never[]>()
    const { endpoint } = await serve({ handlers: { rounds: () => gate.promise } })
    const raw = await RawClient.connect(endpoint)
    raw.socket.end(`${request(1, 'rounds')}\n`)
    await new Promise((resolve) => setImmediate(resolve))
    gate.resolve([])
    await expect.poll(() => raw.isEnded).toBe(true)
    expect(raw.answers).toEqual([{ jsonrpc: '2.0', id: 1, result: [] }])
  })
})

describe('bounds', () => {
  test('of clients: one too many is told so, and the others stay', async () => {
    const { endpoint, server } = await serve({ handlers: { why: () => none }, limits: { maxConnections: 2 } })
    const [first, second] = [await RawClient.connect(endpoint), await RawClient.connect(endpoint)]
    await expect.poll(() => server.connections).toBe(2)
    const third = await RawClient.connect(endpoint)
    await expect.poll(() => third.isEnded).toBe(true)
    expect(third.errors).toEqual(['null: -32000 ERR_CONTROL_BUSY'])
    first.send(request(1, 'why'))
    await expect.poll(() => first.lines.length).toBe(1)
    second.socket.destroy()
    await expect.poll(() => server.connections).toBe(1)
    const fourth = await RawClient.connect(endpoint)
    fourth.send(request(1, 'why'))
    await expect.poll(() => fourth.lines.length).toBe(1)
  })

  test('of requests under way', async () => {
    const gate = Promise.withResolvers<never[]>()
    const { endpoint } = await serve({ handlers: { rounds: () => gate.promise }, limits: { maxInFlight: 3 } })
    const raw = await RawClient.connect(endpoint)
    raw.send(...Array.from({ length: 5 }, (_, i) => request(i, 'rounds')))
    await expect.poll(() => raw.errors).toEqual(['3: -32000 ERR_CONTROL_BUSY', '4: -32000 ERR_CONTROL_BUSY'])
    gate.resolve([])
    await expect.poll(() => raw.lines.length).toBe(5)
  })

  test('of subscriptions', async () => {
    const { endpoint, feed } = await serve({ limits: { maxSubscriptions: 2 } })
    const raw = await RawClient.connect(endpoint)
    raw.send(request(1, 'subscribe'), request(2, 'subscribe'), request(3, 'subscribe'))
    await expect.poll(() => raw.errors).toEqual(['3: -32000 ERR_CONTROL_BUSY'])
    raw.send(request(4, 'unsubscribe', { subscription: 1 }), request(5, 'unsubscribe', { subscription: 1 }))
    await expect.poll(() => raw.errors.length).toBe(2)
    expect(raw.errors[1]).toBe('5: -32602 ERR_CONTROL_PARAMS')
    expect(feed.size).toBe(1)
  })

  test('of what waits for a client that does not read: it misses events, and is told how many', async () => {
    const { endpoint, feed } = await serve({ limits: { maxEventBacklogBytes: 100_000 } })
    const raw = await RawClient.connect(endpoint)
    raw.send(request(1, 'subscribe'))
    await expect.poll(() => feed.size).toBe(1)
    raw.socket.pause()
    const sent = 2000
    for (let i = 0; i < sent; i++) feed.emit(joined(`${i}${LONG.slice(0, 1000)}`))
    raw.socket.resume()
    // nothing happens any more: it is told all the same
    await expect.poll(() => raw.lines.some((line) => line.includes('"dropped"'))).toBe(true)
    const notices = raw.answers.flat().filter(({ method }) => method !== undefined)
    const events = notices.filter(({ method }) => method === 'event').length
    const dropped = notices.filter(({ method }) => method === 'dropped')
    expect(dropped).toEqual([expect.objectContaining({ params: { subscription: 1, events: sent - events } })])
    expect(events).toBeGreaterThan(0)
    expect(events).toBeLessThan(sent)
  })

  test('of answers that a client does not read: no more of its requests are taken', async () => {
    let asked = 0
    const { endpoint, server } = await serve({
      handlers: {
        metrics: () => {
          asked++
          return LONG
        }
      },
      limits: { maxUnreadBytes: 1_000_000, maxInFlight: 1000 }
    })
    const raw = await RawClient.connect(endpoint)
    raw.socket.pause()
    for (let i = 0; i < 20_000; i++) raw.socket.write(`${request(i, 'metrics')}\n`)
    let before = -1
    await expect
      .poll(() => {
        const isStill = asked === before && asked > 0
        before = asked
        return isStill
      })
      .toBe(true)
    // a chunk of requests at most beyond what fits
    expect(asked).toBeLessThan(2000)
    raw.socket.destroy()
    await expect.poll(() => server.connections).toBe(0)
  })
})

describe('several large answers at once', () => {
  const limits = { maxUnreadBytes: 100_000 }
  const handlers = { metrics: () => LONG }
  const ids = Array.from({ length: 20 }, (_, i) => i)

  test('come to whoever reads, and its next request is taken', async () => {
    const { endpoint } = await serve({ handlers: { ...handlers, why: () => none }, limits })
    const raw = await RawClient.connect(endpoint)
    raw.send(...ids.map((id) => request(id, 'metrics')))
    await expect.poll(() => raw.answers.flat().map(({ id }) => id)).toEqual(ids)
    raw.send(request(20, 'why'))
    await expect.poll(() => raw.answers.at(-1)).toEqual({ jsonrpc: '2.0', id: 20, result: [] })
  })

  test('come to whoever reads later', async () => {
    const { endpoint } = await serve({ handlers, limits })
    const raw = await RawClient.connect(endpoint)
    raw.socket.pause()
    raw.socket.end(`${ids.map((id) => request(id, 'metrics')).join('\n')}\n`)
    await new Promise((resolve) => setImmediate(resolve))
    raw.socket.resume()
    await expect.poll(() => raw.isEnded).toBe(true)
    expect(raw.answers.flat().map(({ id }) => id)).toEqual(ids)
  })

  test('in a batch too', async () => {
    const { endpoint } = await serve({ handlers, limits })
    const raw = await RawClient.connect(endpoint)
    const batch = `[${ids.map((id) => request(id, 'metrics')).join()}]`
    raw.send(batch, batch)
    await expect.poll(() => raw.answers.map((answers) => (answers as unknown[]).length)).toEqual([20, 20])
  })

  test('whoever never reads them is let go', async () => {
    const { endpoint, server } = await serve({ handlers, limits: { ...limits, readMs: 50 } })
    const raw = await RawClient.connect(endpoint)
    raw.socket.pause()
    raw.send(...ids.map((id) => request(id, 'metrics')))
    await expect.poll(() => server.connections).toBe(1)
    await expect.poll(() => server.connections).toBe(0)
  })
})

describe('over TCP', () => {
  const token = 'a-secret-of-this-test'

  test('the token comes first', async () => {
    const { endpoint } = await serve({ handlers: { why: () => none }, token })
    const raw = await RawClient.connect(endpoint)
    raw.send(request(1, 'why'), request(2, 'subscribe'), request(3, 'authenticate', { token }), request(4, 'why'))
    await expect.poll(() => raw.lines.length).toBe(4)
    expect(raw.errors).toEqual(['1: -32000 ERR_CONTROL_TOKEN', '2: -32000 ERR_CONTROL_TOKEN'])
  })

  test.each([
    {
      what: 'a wrong token',
      line: request(1, 'authenticate', { token: `${token}x` }),
      error: '1: -32000 ERR_CONTROL_TOKEN'
    },
    { what: 'an empty one', line: request(1, 'authenticate', { token: '' }), error: '1: -32000 ERR_CONTROL_TOKEN' },
    { what: 'what a browser says', line: 'POST / HTTP/1.1', error: 'null: -32700 ERR_CONTROL_PARSE' }
  ])('$what ends the connection', async ({ line, error }) => {
    let asked = 0
    const { endpoint, server } = await serve({
      handlers: {
        why: () => {
          asked++
          return none
        }
      },
      token
    })
    const raw = await RawClient.connect(endpoint)
    raw.send(line)
    await expect.poll(() => raw.isEnded).toBe(true)
    raw.send(request(2, 'why'))
    await expect.poll(() => server.connections).toBe(0)
    expect(raw.errors).toEqual([error])
    expect(asked).toBe(0)
  })

  test('whoever says nothing has to leave', async () => {
    const { endpoint, server } = await serve({ token, limits: { authenticateMs: 50 } })
    const raw = await RawClient.connect(endpoint)
    await expect.poll(() => raw.isEnded).toBe(true)
    expect(raw.errors).toEqual(['null: -32000 ERR_CONTROL_TOKEN'])
    await expect.poll(() => server.connections).toBe(0)
  })

  test('a client says it by itself', async () => {
    const { client } = await serve({ handlers: { why: () => none }, token })
    expect(await (await client()).call('why')).toEqual([])
  })
})

test('a client that leaves takes with it what it subscribed to, and what it asked for', async () => {
  let isAborted = false
  const { endpoint, feed, server } = await serve({
    handlers: {
      evaluate: (_, { signal }) =>
        new Promise((_, reject) => {
          signal!.addEventListener('abort', () => {
            isAborted = true
            reject(signal!.reason)
          })
        })
    }
  })
  const raw = await RawClient.connect(endpoint)
  raw.send(request(1, 'subscribe'), request(2, 'subscribe', { events: ['round:ended'] }), request(3, 'evaluate'))
  await expect.poll(() => feed.size).toBe(2)
  raw.socket.destroy()
  await expect.poll(() => server.connections).toBe(0)
  expect([feed.size, isAborted]).toEqual([0, true])
})

test('a stop ends what is under way, and hangs up on those who do not read', async () => {
  const { endpoint, server } = await serve({
    handlers: { evaluate: () => new Promise(() => undefined), metrics: () => LONG },
    limits: { closeMs: 50 }
  })
  const raw = await RawClient.connect(endpoint)
  raw.send(request(1, 'evaluate'))
  const deaf = await RawClient.connect(endpoint)
  deaf.socket.pause()
  for (let i = 0; i < 30; i++) deaf.send(request(i, 'metrics'))
  await expect.poll(() => server.connections).toBe(2)
  await server.stop()
  expect(server.connections).toBe(0)
  await expect(RawClient.connect(endpoint)).rejects.toThrow()
})
