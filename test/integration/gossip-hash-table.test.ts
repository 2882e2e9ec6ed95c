import { expect, test } from 'vitest'
import { startNode, until } from './gossip-nodes.ts'

test('in a line of four the ends, which nobody told of each other, meet by the hash table', async () => {
  const quiet = { exchange: false, dht: true }
  const first = await startNode(quiet)
  const second = await startNode({ ...quiet, bootstrap: first.addresses() })
  const third = await startNode({ ...quiet, bootstrap: second.addresses() })
  const last = await startNode({ ...quiet, bootstrap: third.addresses() })

  await until(() => first.peers().includes(last.self) && last.peers().includes(first.self), 30_000)
  for (const node of [first, second, third, last]) await node.stop()
}, 60_000)

test('without it, and without exchange, nobody tells', async () => {
  const quiet = { exchange: false }
  const first = await startNode(quiet)
  const second = await startNode({ ...quiet, bootstrap: first.addresses() })
  await until(() => second.peers().length === 1)
  const third = await startNode({ ...quiet, bootstrap: second.addresses() })
  await until(() => second.peers().length === 2 && third.peers().length === 1)

  expect(third.peers()).toEqual([second.self])
  expect(first.peers()).toEqual([second.self])
  const asked = third.request(second.self, 'peers', new Uint8Array(0))
  await expect(asked).rejects.toMatchObject({ code: 'ERR_PROTOCOL_UNKNOWN' })
})
