import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HELLO_PROTOCOL } from '../../src/gossip/hello-service.ts'
import type { GossipNetwork } from '../../src/gossip/network.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'
import { JOB_PREFIX, MODEL_PROTOCOL, refOf, startHostile } from './gossip-hostile-peer.ts'
import { startNode, startNodes, until } from './gossip-nodes.ts'

/** Large enough that a transfer is still under way when we look. */
const LARGE = encodeModel(new Float32Array(8_000_000))

/** Every verdict a node passes, whoever is meant. */
function verdictsOf(...nodes: readonly GossipNetwork[]): string[] {
  const verdicts: string[] = []
  for (const node of nodes) node.on('peer:rejected', ({ code, verdict }) => verdicts.push(`${code} ${verdict}`))

  return verdicts
}

function requestFor(hash: string): Buffer {
  const request = Buffer.alloc(41)
  request[0] = 1
  request.write(hash, 1, 'hex')

  return request
}

describe('a peer that asks for a model and changes its mind', () => {
  const model = encodeModel(new Float32Array(1000))
  const request = requestFor(refOf(model).hash)

  test.each([
    { id: 'before asking, by a reset', bytes: 0, leave: 'abort' },
    { id: 'before asking, by a close', bytes: 0, leave: 'close' },
    { id: 'within the request, by a reset', bytes: 20, leave: 'abort' },
    { id: 'within the request, by a close', bytes: 20, leave: 'close' },
    { id: 'right after the request, by a reset', bytes: 41, leave: 'abort' },
    { id: 'right after the request, by a close', bytes: 41, leave: 'close' }
  ] as const)('$id', async ({ bytes, leave }) => {
    const [victim, asker] = await Promise.all([startNode(), startHostile()])
    const verdicts = verdictsOf(victim)
    victim.offer(model)
    const connection = await asker.join(victim)
    const asked = 20
    for (let i = 0; i < asked; i++) {
      const stream = await connection.newStream(MODEL_PROTOCOL)
      if (bytes > 0) stream.send(request.subarray(0, bytes))
      if (i % 2 === 0) await delay(5) // let it arrive first, every other time
      if (leave === 'abort') stream.abort(new Error('changed my mind'))
      else await stream.close()
    }

    // a penalty would come before the answer to what is asked after it
    await delay(100)
    expect(verdicts).toEqual([])
    expect(victim.peers()).toEqual([asker.self])
  })
})

test.each([HELLO_PROTOCOL, `/${JOB_PREFIX}/note/1`, `/${JOB_PREFIX}/double/1`])(
  '%s: a stream cut off before or within its frame costs nothing',
  async (protocol) => {
    const [victim, leaver] = await Promise.all([startNode(), startHostile()])
    victim.handle('note', { message: () => undefined })
    victim.handle('double', { request: async (_, bytes) => bytes })
    const verdicts = verdictsOf(victim)
    for (const bytes of [0, 2, 4, 9]) {
      // a hello comes first, and once
      const isHello = protocol === HELLO_PROTOCOL
      const connection = isHello ? await leaver.host.dial(multiaddr(victim.addresses()[0]!)) : await leaver.join(victim)
      const stream = await connection.newStream(protocol)
      stream.send(Buffer.from('100000000102030405', 'hex').subarray(0, bytes))
      await delay(20)
      stream.abort(new Error('gone'))
      await delay(20)
      await connection.close().catch(() => undefined) // the victim may have been quicker
      await until(() => victim.peers().length === 0 && leaver.host.getConnections().length === 0)
    }

    expect(verdicts.filter((verdict) => verdict.endsWith('penalise'))).toEqual([])
    await leaver.join(victim) // still welcome
  }
)

describe('between honest nodes', () => {
  test('the puller gives up in the middle of a transfer, time and again', async () => {
    const [alice, bob] = await startNodes(2)
    const verdicts = verdictsOf(alice!, bob!)
    const ref = alice!.offer(LARGE)
    for (let i = 0; i < 6; i++) {
      const enough = new AbortController()
      const pull = expect(bob!.pull(alice!.self, ref, { signal: enough.signal })).rejects.toThrow('enough')
      if (i % 2 === 0) await until(() => alice!.stats().serving === 1)
      enough.abort(new Error('enough'))
      await pull
      await until(() => alice!.stats().serving === 0)
    }

    expect(verdicts).toEqual([])
    expect((await bob!.pull(alice!.self, ref)).byteLength).toBe(LARGE.byteLength)
  })

  test('a node stops while it serves: the puller hears that the transfer broke off', async () => {
    const [alice, bob] = await startNodes(2)
    const verdicts = verdictsOf(alice!, bob!)
    const ref = alice!.offer(LARGE)
    const pull = bob!.pull(alice!.self, ref)
    const broken = expect(pull).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(MODEL_TRUNCATED|PEER_UNKNOWN)$/)
    })
    await until(() => alice!.stats().serving === 1)
    await alice!.stop()

    await broken
    expect(verdicts).toEqual([])
    expect(alice!.stats().serving).toBe(0)
  })

  test('a node stops while it pulls: the server is free again', async () => {
    const [alice, bob] = await startNodes(2)
    const verdicts = verdictsOf(alice!, bob!)
    const pull = expect(bob!.pull(alice!.self, alice!.offer(LARGE))).rejects.toThrow()
    await until(() => alice!.stats().serving === 1)
    await bob!.stop()

    await pull
    await until(() => alice!.stats().serving === 0 && alice!.peers().length === 0)
    expect(verdicts).toEqual([])
  })
})

describe('a process that is killed in the middle of a transfer', () => {
  /** Another process with one node in it; resolves when it has found us. */
  async function startChild(task: 'serve' | 'pull', alice: GossipNetwork) {
    const file = new URL('./gossip-child.ts', import.meta.url)
    const child = fork(file, [task, alice.addresses()[0]!], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [{ self }] = (await once(child, 'message')) as [{ self: string }]
    await until(() => alice.peers().includes(self))

    return { child, self }
  }

  test('while it serves', async () => {
    const alice = await startNode()
    const verdicts = verdictsOf(alice)
    const { child, self } = await startChild('serve', alice)
    const before = alice.traffic().received
    const broken = expect(alice.pull(self, refOf(LARGE))).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(MODEL_TRUNCATED|PEER_UNKNOWN)$/)
    })
    await until(() => alice.traffic().received > before + 500_000)
    child.kill('SIGKILL')

    await broken
    await until(() => alice.peers().length === 0)
    expect(verdicts).toEqual([])
  })

  test('while it pulls', async () => {
    const alice = await startNode()
    const verdicts = verdictsOf(alice)
    alice.offer(LARGE)
    const { child } = await startChild('pull', alice)
    await until(() => alice.stats().serving === 1)
    child.kill('SIGKILL')

    await until(() => alice.stats().serving === 0 && alice.peers().length === 0)
    expect(verdicts).toEqual([])
  })
})
