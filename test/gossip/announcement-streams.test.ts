import type { GossipSub } from '@libp2p/gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { AnnouncementStreams } from '../../src/gossip/announcement-streams.ts'
import { PeerTable } from '../../src/gossip/peer-table.ts'

interface Opening {
  readonly peer: string
  readonly connection: Connection
  settle: () => void
}

function setUp() {
  const begun: Opening[] = []
  const streamsOutbound = new Map<string, unknown>()
  const pubsub = {
    streamsOutbound,
    createOutboundStream: (peer: PeerId, connection: Connection): Promise<void> =>
      new Promise((resolve) => begun.push({ peer: peer.toString(), connection, settle: resolve }))
  }
  const peers = new PeerTable()
  const identify = vi.fn()
  const looks: (() => void)[] = []
  const clock = {
    now: () => 0,
    sleep: (_: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> =>
      new Promise((resolve, reject) => {
        looks.push(resolve)
        signal?.addEventListener('abort', () => reject(signal.reason))
      })
  }
  const streams = new AnnouncementStreams({
    ...{ pubsub: pubsub as unknown as GossipSub, peers, clock, identify },
    onError: (error) => expect.unreachable(String(error))
  })
  const ask = (peer: string, connection: Connection): Promise<void> =>
    pubsub.createOutboundStream({ toString: () => peer } as PeerId, connection)
  const look = async (): Promise<void> => {
    looks.shift()!()
    await new Promise((resolve) => setImmediate(resolve))
  }

  return { begun, streamsOutbound, streams, peers, identify, ask, look }
}

const connection = (): Connection => ({ status: 'open' }) as Connection

describe('AnnouncementStreams', () => {
  test('a peer that never answers holds up nobody', async () => {
    const { begun, ask } = setUp()
    await ask('silent', connection())
    await ask('honest', connection())

    expect(begun.map(({ peer }) => peer)).toEqual(['silent', 'honest'])
  })

  test('a connection has one attempt at a time, however often it is asked for', async () => {
    const { begun, ask } = setUp()
    const one = connection()
    for (let i = 0; i < 1000; i++) await ask('silent', one)
    expect(begun).toHaveLength(1)

    begun[0]!.settle()
    await vi.waitFor(
      async () => {
        await ask('silent', one)
        expect(begun).toHaveLength(2)
      },
      { timeout: 15_000 }
    )
  })

  test('two connections with a peer take turns: gossipsub keeps one stream', async () => {
    const { begun, ask } = setUp()
    const [one, other] = [connection(), connection()]
    await ask('peer', one)
    await ask('peer', other)
    expect(begun.map(({ connection }) => connection)).toEqual([one])

    begun[0]!.settle()
    await vi.waitFor(() => expect(begun.map(({ connection }) => connection)).toEqual([one, other]), { timeout: 15_000 })
  })

  test('a peer found without a stream twice is asked again; one that has it, or is about to, is not', async () => {
    const { streams, streamsOutbound, peers, identify, ask, look } = setUp()
    const running = new AbortController()
    onTestFinished(() => running.abort())
    const [lost, fine, opening] = [connection(), connection(), connection()]
    const member = { agent: '', listen: [], standing: { right: 'train', untilMs: Number.POSITIVE_INFINITY } } as const
    peers.admit('lost', { ...member, connection: lost })
    peers.admit('fine', { ...member, connection: fine })
    peers.admit('opening', { ...member, connection: opening })
    streamsOutbound.set('fine', {})
    await ask('opening', opening)
    streams.keepOpen(running.signal).catch(() => undefined)

    await look()
    expect(identify).not.toHaveBeenCalled()
    await look()
    expect(identify.mock.calls).toEqual([[lost]])
    streamsOutbound.set('lost', {})
    await look()
    expect(identify).toHaveBeenCalledTimes(1)
  })
})
