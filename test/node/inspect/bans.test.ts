import { expect, onTestFinished, test } from 'vitest'
import { BanKeeper } from '../../../src/node/ban-keeper.ts'
import { unban } from '../../../src/node/inspect/bans.ts'
import type { InspectContext } from '../../../src/node/inspect/context.ts'
import { resolvePeer } from '../../../src/node/inspect/peers.ts'

const [ALICE, BOB] = [
  '12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust',
  '12D3KooWKLWZDzXvk2SyrxeKkGvhCHvPf6NQ4gpvgFCoHkWU7uKU'
]

async function banned(...names: string[]): Promise<{ context: InspectContext; bans: BanKeeper }> {
  const bans = new BanKeeper({
    wallClock: () => 0,
    sleep: () => new Promise(() => undefined),
    log: () => undefined,
    onBanned: () => undefined,
    onLifted: () => undefined
  })
  onTestFinished(() => bans.stop())
  for (const name of names) await bans.ban(name)

  return { context: { inside: () => ({ bans }) } as unknown as InspectContext, bans }
}

test.each([
  { id: 'one of two that end so', peer: '10.0.0.5', left: ['110.0.0.5', '2001:db8::1', ALICE] },
  { id: 'an address, in another form', peer: '2001:DB8::0:1', left: ['110.0.0.5', '10.0.0.5', ALICE] },
  { id: 'a peer by its whole id', peer: ALICE, left: ['110.0.0.5', '10.0.0.5', '2001:db8::1'] },
  { id: 'a peer by an end of its id', peer: '..HhKust', left: ['110.0.0.5', '10.0.0.5', '2001:db8::1'] }
])('$id is taken back', async ({ peer, left }) => {
  const { context, bans } = await banned('110.0.0.5', '10.0.0.5', '2001:db8::1', ALICE)
  await unban(context, { peer })
  expect(bans.list().map(({ who }) => who)).toEqual(left)
})

test.each([
  { id: 'an address that is not banned, where another ends so', peer: '10.0.0.5' },
  { id: 'an end of an address', peer: '0.5' },
  { id: 'a peer that is not banned', peer: BOB }
])('$id: nothing is taken back', async ({ peer }) => {
  const { context, bans } = await banned('110.0.0.5', ALICE)
  await expect(unban(context, { peer })).rejects.toMatchObject({ code: 'ERR_CONTROL_PEER' })
  expect(bans.list()).toHaveLength(2)
})

test('a whole name is the one it says, whatever else ends so', () => {
  expect(resolvePeer('bob', ['alice-bob', 'bob'])).toBe('bob')
})
