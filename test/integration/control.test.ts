import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { GossipNetwork } from '../../src/gossip/network.ts'
import { ControlClient } from '../../src/node/control/client.ts'
import { type RunningDaemon, startDaemon } from '../util/daemon.ts'

const poll = { timeout: 60_000, interval: 50 }
const TIMEOUT_MS = 180_000

const roundsOf = ({ events }: RunningDaemon): number => events.filter(({ event }) => event === 'round:ended').length

/** Two nodes that train together, the first with a client. */
async function pair() {
  const bob = await startDaemon({ slice: 1 })
  const to = (await (await bob.client()).call('status')).addresses[0]!
  const alice = await startDaemon({ slice: 0, join: [to] })
  const owner = await alice.client()
  await expect.poll(async () => (await owner.call('status')).peers, poll).toBe(1)
  const { peer: bobsId } = await (await bob.client()).call('status')

  return { alice, bob, owner, bobsId, to }
}

describe('a training node', () => {
  test(
    'says where it stands, whom it knows and what it waits for',
    async () => {
      const { alice, owner, bobsId } = await pair()
      await expect.poll(async () => (await owner.call('peers'))[0]?.round ?? 0, poll).toBeGreaterThan(2)
      await expect.poll(() => roundsOf(alice), poll).toBeGreaterThan(2)
      const status = await owner.call('status')
      expect(status).toMatchObject({ phase: 'train', isPaused: false, peers: 1, device: 'cpu', learner: 'gossip' })
      expect(status.round).toBeGreaterThan(0)

      const [row] = await owner.call('peers')
      expect(row).toMatchObject({ peer: bobsId, path: 'direct', direction: 'outbound', score: null, rejections: 0 })
      expect(row!.agent).toMatch(/^starling\//)
      // any end of the id that fits nobody else
      expect(await owner.call('peer', { peer: `..${bobsId.slice(-6)}` })).toMatchObject({ peer: bobsId })
      await expect(owner.call('peer', { peer: 'nobody' })).rejects.toMatchObject({ code: 'ERR_CONTROL_PEER' })

      expect(await owner.call('topology')).toMatchObject({ members: 2, neighbours: [bobsId] })
      const view = await owner.call('view')
      expect(view.map(({ peer }) => peer).sort()).toEqual([status.peer, bobsId].sort())
      const rounds = await owner.call('rounds', { last: 3 })
      expect(rounds.map(({ round }) => round)).toEqual([0, 1, 2].map((i) => rounds[0]!.round + i))
      expect(rounds.every(({ seconds, loss }) => seconds > 0 && loss! > 0)).toBe(true)
      expect((await owner.call('bytes')).received).toBeGreaterThan(0)
      expect(await owner.call('job')).toMatchObject({ name: 'starling', model: { name: 'linear' } })
      for (const wait of await owner.call('why')) expect(wait.text).toMatch(/^waiting for .*, deadline in /)
      expect(await owner.call('metrics')).toMatch(/^starling_peers\{path="direct"\} 1$/m)
    },
    TIMEOUT_MS
  )

  test(
    'compares the models of two nodes, fetched from them',
    async () => {
      const { owner, bobsId } = await pair()
      await expect.poll(async () => (await owner.call('models')).length, poll).toBe(2)
      const [own, theirs] = await owner.call('models')
      expect([own!.isSelf, theirs!.peer]).toEqual([true, bobsId])

      const compared = await owner.call('compare', { a: 'self', b: bobsId })
      expect([compared.a.isSelf, compared.b.peer]).toEqual([true, bobsId])
      expect(compared.distance).toBeGreaterThan(0)
      expect(compared.cosine).toBeGreaterThan(0)
      expect(compared.cosine).toBeLessThan(1)
      const squares = compared.layers.reduce((sum, { distance }) => sum + distance ** 2, 0)
      expect(Math.sqrt(squares)).toBeCloseTo(compared.distance, 6)
      expect(compared.layers.map(({ layer }) => layer).length).toBeGreaterThan(1)

      await owner.call('pause')
      expect(await owner.call('compare', { a: 'self', b: 'self' })).toMatchObject({ distance: 0 })
      await expect(owner.call('compare', { a: 'self', b: 'nobody' })).rejects.toMatchObject({
        code: 'ERR_CONTROL_PEER'
      })
    },
    TIMEOUT_MS
  )

  test(
    'pauses, says why it stands still, serves its peers meanwhile, and goes on',
    async () => {
      const { alice, bob, owner } = await pair()
      await expect.poll(() => roundsOf(alice), poll).toBeGreaterThan(0)
      await owner.call('pause')
      await expect
        .poll(async () => (await owner.call('why')).map(({ kind, text }) => `${kind}: ${text}`).join(), poll)
        .toMatch(/operator: waiting for resume: paused by the operator since/)
      expect((await owner.call('status')).isPaused).toBe(true)
      const [paused, others] = [roundsOf(alice), roundsOf(bob)]
      await expect.poll(() => roundsOf(bob), poll).toBeGreaterThan(others + 2)
      expect(roundsOf(alice)).toBe(paused)
      // its last model is still to be had
      const { peer } = await owner.call('status')
      const compared = await (await bob.client()).call('compare', { a: 'self', b: peer })
      expect(compared.b.peer).toBe(peer)

      const { accuracy, examples, round } = await owner.call('evaluate')
      expect(accuracy).toBeGreaterThan(0.1)
      expect(examples).toBeGreaterThan(100)
      expect((await owner.call('status')).evaluation).toMatchObject({ accuracy, round })

      await owner.call('resume')
      await expect.poll(() => roundsOf(alice), poll).toBeGreaterThan(paused)
    },
    TIMEOUT_MS
  )

  test(
    'dials, changes the levels of its log, and hands on the wish that it stop',
    async () => {
      const bob = await startDaemon({ slice: 1 })
      const alice = await startDaemon({ slice: 0 })
      const [owner, other] = [await alice.client(), await bob.client()]
      const { peer, addresses } = await other.call('status')
      expect(await owner.call('dial', { address: addresses[0]! })).toEqual({ peer })
      await expect(owner.call('dial', { address: 'example.org:4001' })).rejects.toMatchObject({
        code: 'ERR_CONTROL_PARAMS'
      })
      await expect(owner.call('dial', { address: '/ip4/127.0.0.1/tcp/1' })).rejects.toMatchObject({
        code: 'ERR_DIAL_FAILED'
      })

      await owner.call('setLogLevel', { module: 'gossip', level: 'silent' })
      expect(await owner.call('logLevels')).toEqual({ all: 'debug', gossip: 'silent' })
      await expect(owner.call('setLogLevel', { module: 'gosip', level: 'info' })).rejects.toThrow(
        /did you mean "gossip"/
      )
      await owner.call('stop')
      await expect.poll(alice.stopRequests).toBe(1)
    },
    TIMEOUT_MS
  )
})

test(
  'shuts a peer out, with a reason and an end, and lets it in again',
  async () => {
    const { alice, owner, bobsId } = await pair()
    const ban = await owner.call('ban', { peer: bobsId.slice(-8), reason: 'sends nonsense', seconds: 3600 })
    expect(ban).toMatchObject({ peer: bobsId, reason: 'sends nonsense' })
    expect(Date.parse(ban.until!) - Date.parse(ban.since)).toBe(3_600_000)
    expect(await owner.call('bans')).toEqual([ban])
    await expect.poll(async () => (await owner.call('status')).peers, poll).toBe(0)
    expect(await owner.call('metrics')).toMatch(/^starling_bans 1$/m)

    expect(await owner.call('ban', { peer: '192.0.2.7' })).toMatchObject({ peer: '192.0.2.7', until: null, reason: '' })
    await expect(owner.call('ban', { peer: 'nobody' })).rejects.toMatchObject({ code: 'ERR_CONTROL_PEER' })
    await expect(owner.call('unban', { peer: 'nobody' })).rejects.toMatchObject({ code: 'ERR_CONTROL_PEER' })
    await owner.call('unban', { peer: bobsId })
    expect((await owner.call('bans')).map(({ peer }) => peer)).toEqual(['192.0.2.7'])
    await expect.poll(async () => (await owner.call('status')).peers, poll).toBe(1)
    expect(alice.logs.join('')).not.toContain('"level":"error"')
  },
  TIMEOUT_MS
)

/** What a process can leak, by kind. */
function held(): Record<string, number> {
  const descriptors = readdirSync('/proc/self/fd').length
  const pipes = process.getActiveResourcesInfo().filter((name) => name.startsWith('Pipe')).length
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)

  return { descriptors, pipes, listeners }
}

/** Every way to leave: with a word, at once, in the middle of a request, and with events on the way. */
async function attachInspectDetach(daemon: RunningDaemon['daemon'], turn: number): Promise<void> {
  const client = await ControlClient.connect(daemon.endpoint!)
  await client.subscribe(turn % 2 === 0 ? [] : ['round:ended'], () => undefined)
  await Promise.all([
    client.call('status'),
    client.call('peers'),
    client.call('why'),
    client.call('rounds', { last: 5 })
  ])
  if (turn % 4 === 0) client.call('evaluate').catch(() => undefined)
  if (turn % 4 === 1) client.call('metrics').catch(() => undefined)
  await client.close()
  if (turn % 4 !== 2 || daemon.endpoint?.kind !== 'unix') return

  const rude = connect(daemon.endpoint.path)
  await new Promise((resolve) => rude.once('connect', resolve))
  rude.write('{"jsonrpc":"2.0","id":1,"meth')
  rude.destroy()
}

test.skipIf(process.platform !== 'linux')(
  '200 times attached and detached: the rounds go on, and nothing stays behind',
  async () => {
    const alice = await startDaemon()
    await expect.poll(() => roundsOf(alice), poll).toBeGreaterThan(2)
    // whatever is made once is made now
    await attachInspectDetach(alice.daemon, 0)
    const before = held()
    const rounds = roundsOf(alice)

    for (let turn = 0; turn < 200; turn++) await attachInspectDetach(alice.daemon, turn)

    expect(roundsOf(alice)).toBeGreaterThan(rounds)
    // what was there at first may have gone
    const more = (): string[] => Object.entries(held()).flatMap(([what, n]) => (n > before[what]! ? [what] : []))
    await expect.poll(more, poll).toEqual([])
    expect(alice.logs.filter((line) => line.includes('"error"'))).toEqual([])
    // and it still answers
    expect((await (await alice.client()).call('status')).phase).toBe('train')
  },
  TIMEOUT_MS
)

test('the file by which clients find it does not outlive the node', async () => {
  const { dataDir, daemon } = await startDaemon()
  expect(JSON.parse(readFileSync(`${dataDir}/control.json`, 'utf8'))).toMatchObject({ pid: process.pid, dataDir })
  await daemon.stop()
  expect(readdirSync(dataDir).filter((name) => name.startsWith('control'))).toEqual([])
})

test('a part that fails to stop keeps no other from being stopped', async () => {
  const { daemon, dataDir } = await startDaemon()
  const stop = vi.spyOn(GossipNetwork.prototype, 'stop').mockRejectedValueOnce(new Error('no'))
  await expect(daemon.stop()).rejects.toThrow('no')
  stop.mockRestore()
  expect(readdirSync(dataDir)).not.toContain('control.json')
})
