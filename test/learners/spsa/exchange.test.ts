import { expect, test } from 'vitest'
import { MemoryHub } from '../../util/memory-network.ts'
import { exchanging, newLedger, write } from './exchange-pair.ts'

const poll = { timeout: 10_000, interval: 10 }

test('an author with two logs of equal length is found out, and void everywhere', async () => {
  const hub = new MemoryHub()
  const [one, other] = ['one', 'other'].map((self, i) => {
    const ledger = newLedger()
    write(ledger, 'eve', 1500)
    write(ledger, 'eve', 40, 2 + i)
    return exchanging(hub, self, ledger)
  })

  await expect.poll(() => [one, other].map((node) => node?.ledger.voidFrom('eve')), poll).toEqual([1500, 1500])
  expect(one!.ledger.setHash).toBe(other!.ledger.setHash)
  expect([...one!.network.rejections, ...other!.network.rejections]).toEqual([])
})
