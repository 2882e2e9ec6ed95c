import { expect, test } from 'vitest'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { AloneWatch } from '../../../src/node/inspect/alone-watch.ts'
import { systemClock } from '../../../src/node/system-clock.ts'

test('a node that reaches nobody says so, for as long as it is so', async () => {
  const waits = new WaitRegister({ clock: systemClock })
  let peers = 0
  let standing = { known: 0, nextMs: 0 }
  const watch = new AloneWatch({ waits, peers: () => peers, standing: () => standing })
  const said = (): string[] => waits.list().map(({ what }) => `${what}`)
  const look = async (): Promise<string[]> => {
    watch.look()
    await new Promise((resolve) => setImmediate(resolve))
    return said()
  }
  // the first of a swarm waits for nobody
  expect(await look()).toEqual([])
  standing = { known: 1, nextMs: 0 }
  expect(await look()).toEqual(['a peer at the one address known: nobody is connected, one is being tried'])
  standing = { known: 3, nextMs: 4200 }
  expect(await look()).toEqual(['a peer at any of 3 addresses known: nobody is connected, the next is tried in 5 s'])
  peers = 1
  expect(await look()).toEqual([])
  peers = 0
  expect(await look()).toHaveLength(1)
  watch.stop()
  await new Promise((resolve) => setImmediate(resolve))
  expect(said()).toEqual([])
})
