import { expect, test, vi } from 'vitest'
import type { Clock } from '../../src/interface/clock.ts'
import { startHostile } from './gossip-hostile-peer.ts'
import { realClock, startNode, until, untilHeard } from './gossip-nodes.ts'
import { TOPIC } from './gossip-rpc.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Looks after its streams more often than a node does that runs for weeks. */
const hasty: Clock = {
  now: realClock.now,
  sleep: (delayMs, options) => realClock.sleep(Math.min(delayMs, 200), options)
}

test('a peer whose stream for announcements was cut off hears them again', async () => {
  const victim = await startNode({ clock: hasty })
  const peer = await startHostile()
  const { pubsub } = peer.host.services
  let heard = 0
  pubsub.addEventListener('message', () => heard++)
  pubsub.subscribe(TOPIC)
  await peer.join(victim)
  victim.subscribe('models', () => undefined)
  const announce = (): Promise<void> => victim.publish('models', Uint8Array.of(1))
  await untilHeard(() => heard > 0, announce)

  const [connection] = peer.host.getConnections()
  const streams = [...connection!.streams]
  for (const stream of streams) stream.abort(new Error('cut off'))
  await until(() => streams.every(({ status }) => status !== 'open'))
  const before = heard
  await untilHeard(() => heard > before, announce)
  expect(peer.host.getConnections()).toEqual([connection])
})
