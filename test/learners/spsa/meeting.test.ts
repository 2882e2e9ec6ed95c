import { expect, test } from 'vitest'
import type { Network } from '../../../src/interface/network.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { Condition } from '../../../src/learners/condition.ts'
import type { LedgerExchange } from '../../../src/learners/spsa/exchange.ts'
import { meet } from '../../../src/learners/spsa/meeting.ts'
import { DEFAULT_LINKS } from '../../../src/sim/link-spec.ts'
import { Simulator } from '../../../src/sim/simulator.ts'
import type { Ledger } from '../../../src/spsa/ledger/ledger.ts'

const LINGER_MS = 30_000
const LIMIT_MS = 300_000
const ANSWER_MS = 15_000

/** A meeting in virtual time with peers that are never through. @returns how long it takes, in ms, and who was missed */
async function meetWith(peers: readonly string[], totalAt: (nowMs: number) => number) {
  const simulator = new Simulator({ seed: 1, links: DEFAULT_LINKS })
  const { clock } = simulator.join('me')
  const waits = new WaitRegister({ clock })
  const ledger = {
    setHash: 'same',
    get total() {
      return totalAt(clock.now())
    }
  } as Ledger
  const exchange = {
    standingOf: () => undefined,
    sync: async (_peer: string, signal: AbortSignal) => clock.sleep(ANSWER_MS, { signal }).then(() => false)
  } as unknown as LedgerExchange
  const missed: unknown[] = []
  const init = {
    network: { self: 'me', peers: () => peers } as unknown as Network,
    clock,
    waits,
    exchange,
    ledger,
    changes: new Condition({ waits, onExpired: () => undefined }),
    lingerMs: LINGER_MS,
    limitMs: LIMIT_MS,
    apply: () => undefined,
    emit: (event: unknown) => missed.push(event)
  }
  const met = meet(init, { signal: new AbortController().signal }).then((all) => ({ all, ms: clock.now() }))
  await simulator.run({})

  return { ...(await met), missed }
}

test.each([[['hung']], [['hung', 'stuck', 'slow', 'gone']]])(
  '%s do not answer: waited for as long as was said',
  async (peers) => {
    const { all, ms, missed } = await meetWith(peers, () => 7)

    expect(all).toBe(false)
    expect(ms).toBeGreaterThanOrEqual(LINGER_MS)
    expect(ms).toBeLessThan(LINGER_MS + 1000)
    expect(missed).toEqual([expect.objectContaining({ event: 'wait:expired', from: peers })])
  }
)

test('who writes a projection now and then is waited for, up to the limit', async () => {
  const { ms } = await meetWith(['dripping'], (nowMs) => Math.floor(nowMs / (LINGER_MS - 1000)))

  expect(ms).toBeGreaterThanOrEqual(LIMIT_MS)
  expect(ms).toBeLessThan(LIMIT_MS + 1000)
})
