/** A crowd of strangers in a process of its own, which gives way to everything else: told by messages what to do. */
import { setPriority } from 'node:os'
import { keyFromBytes } from '../../src/gossip/key.ts'
import { StrangerCrowd } from './stranger-crowd.ts'

export interface StrangerOrders {
  targets: string[]
  jobId: string
  jobJson: string
  /** Hex. */
  owner: string
  networkKey: string
  identities: number
}

export type StrangerMessage = { orders: StrangerOrders } | { count: number; perSecond: number }

const LOW = 10

if (import.meta.main) {
  setPriority(LOW)
  let crowd: StrangerCrowd | undefined
  process.on('disconnect', () => process.exit())
  process.on('message', async (message: StrangerMessage) => {
    if ('orders' in message) {
      const { owner, networkKey, ...rest } = message.orders
      const [key, wall] = [owner, networkKey].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))
      crowd = new StrangerCrowd({ ...rest, owner: keyFromBytes(key!), networkKey: wall! })
      await crowd.start()
    } else await crowd?.attack(message.count, message.perSecond)
    process.send?.(crowd?.outcomes)
  })
}
