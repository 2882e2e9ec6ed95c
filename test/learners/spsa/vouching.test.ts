import { expect, test } from 'vitest'
import type { Network, RequestHandler } from '../../../src/interface/network.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { Snapshots, VOUCH_PROTOCOL } from '../../../src/learners/spsa/snapshots.ts'
import { createRng } from '../../../src/math/philox.ts'
import type { Replica } from '../../../src/spsa/replica.ts'
import { encodeLedgerQuery } from '../../../src/wire/ledger-sync-codec.ts'
import { decodeVouch } from '../../../src/wire/snapshot-codec.ts'

const HASH = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)

/** A node whose work takes time by a clock that only the work moves. @returns what it answers to a set's hash */
function voucher({ cost = 1, workMs = 1000 } = {}) {
  const time = { ms: 0, hashed: 0 }
  const clock = { now: () => time.ms, sleep: async () => undefined }
  const handlers = new Map<string, RequestHandler>()
  const network = {
    self: 'me',
    handle: (protocol: string, { request }: { request: RequestHandler }) => {
      handlers.set(protocol, request)
      return () => undefined
    }
  } as unknown as Network
  const replica = {
    ledger: {
      setHashOf: () => {
        time.ms += workMs
        time.hashed++
        return HASH
      }
    },
    costAt: () => cost,
    hashAt: () => HASH
  } as unknown as Replica
  new Snapshots({
    network,
    clock,
    waits: new WaitRegister({ clock }),
    rng: createRng(1, 'vouching'),
    replica,
    vouchers: 1,
    fetchLogs: async () => true,
    onAdopted: () => undefined,
    onRejected: () => undefined
  }).start()
  const ask = async (setHash: string) => {
    const query = encodeLedgerQuery({ setHash, isFinished: false, neighbourhood: 0, logs: [] })
    return decodeVouch(await handlers.get(VOUCH_PROTOCOL)!('ann', query, {})).kind
  }

  return { time, ask }
}

test.each([
  [HASH, 'vouched'],
  [OTHER, 'behind']
])('after work for %s, it rests four times as long before any other work', async (setHash, kind) => {
  const { time, ask } = voucher()
  expect(await ask(setHash)).toBe(kind)
  time.ms += 3999
  expect(await ask(HASH)).toBe('busy')
  expect(time.hashed).toBe(1)
  time.ms += 1
  expect(await ask(HASH)).toBe('vouched')
})

test('what would take too long is not begun', async () => {
  expect(await voucher({ cost: 4e9 }).ask(HASH)).toBe('vouched')
  expect(await voucher({ cost: 4.1e9 }).ask(HASH)).toBe('busy')
})
