/** A crowd of strangers in a process of its own, which gives way to everything else: told by messages what to do. */
import { setPriority } from 'node:os'
import { keyFromBytes } from '../../src/gossip/key.ts'
import { StrangerCrowd } from './stranger-crowd.ts'

export interface StrangerOrders {
  jobId: string
  jobJson: string
  /** Hex. */
  owner: string
  networkKey: string
  identities: number
  /** How far this process gives way, from 0 to 19. */
  nice: number
}

/** Makes the crowd, or sends it out; answered with what came of it. */
export type StrangerMessage =
  | { orders: StrangerOrders }
  | { targets: string[]; count: number; perSecond: number; seconds: number }

if (import.meta.main) {
  let crowd: StrangerCrowd | undefined
  process.on('disconnect', () => process.exit())
  process.on('message', async (message: StrangerMessage) => {
    if ('orders' in message) {
      const { owner, networkKey, nice, ...rest } = message.orders
      setPriority(nice)
      const [key, wall] = [owner, networkKey].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))
      crowd = new StrangerCrowd({ ...rest, owner: keyFromBytes(key!), networkKey: wall! })
      await crowd.start()
      process.send?.({})
    } else {
      const { targets, seconds, ...how } = message
      process.send?.(await crowd?.attack(targets, { ...how, signal: AbortSignal.timeout(1000 * seconds) }))
    }
  })
}
