import { onTestFinished } from 'vitest'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { Condition } from '../../../src/learners/condition.ts'
import { LedgerExchange } from '../../../src/learners/spsa/exchange.ts'
import { SYNC_PROTOCOL } from '../../../src/learners/spsa/fetching.ts'
import { Tasks } from '../../../src/learners/tasks.ts'
import { createRng } from '../../../src/math/philox.ts'
import { SimulatedSigning } from '../../../src/sim/signing.ts'
import { Ledger } from '../../../src/spsa/ledger/ledger.ts'
import { realClock } from '../../integration/gossip-nodes.ts'
import type { MemoryHub, MemoryNetwork } from '../../util/memory-network.ts'

const signing = new SimulatedSigning()

export interface Exchanging {
  network: MemoryNetwork
  ledger: Ledger
  exchange: LedgerExchange
  /** Codes of what was refused, by whom it came from. */
  told: string[]
}

export function newLedger(maxAuthors = 16): Ledger {
  const { verify } = signing.of('ann')
  const isProjection = (byte: number): boolean => byte !== 0x80

  return new Ledger({ jobId: 'a'.repeat(64), verify, isProjection, maxLength: 100_000, maxAuthors, onChange() {} })
}

/** An author's log goes on with `count` times the byte, signed. */
export function write(ledger: Ledger, author: string, count: number, byte = 1): void {
  for (const batch of ledger.sign(author, new Uint8Array(count).fill(byte), signing.of(author).sign)) {
    ledger.accept(batch)
  }
}

/** A node that does nothing but exchange what is in its ledger, until the test is over. */
export function exchanging(hub: MemoryHub, self: string, ledger: Ledger, syncMs = 50): Exchanging {
  const { tasks, ...node } = answering(hub, self, ledger, syncMs)
  tasks.spawn((signal) => node.exchange.run(signal))

  return node
}

/** One that answers, and asks only what it is told to. */
export function answering(hub: MemoryHub, self: string, ledger: Ledger, syncMs = 50): Exchanging & { tasks: Tasks } {
  const network = hub.join(self)
  const clock = realClock
  const waits = new WaitRegister({ clock })
  const tasks = new Tasks()
  const told: string[] = []
  const exchange = new LedgerExchange({
    network,
    clock,
    waits,
    tasks,
    changes: new Condition({ waits, onExpired() {} }),
    rng: createRng(1, self),
    ledger,
    syncMs,
    isFinished: () => false,
    onNews() {},
    onRejected: (peer, { code }) => told.push(`${peer} ${code}`)
  })
  exchange.start()
  onTestFinished(async () => {
    exchange.stop()
    await tasks.end(new Error('the test is over'))
  })

  return { network, ledger, exchange, told, tasks }
}

/** Counts the questions for projections that a node puts, from now on. */
export function countQuestions({ network }: Exchanging): { count: number } {
  const counted = { count: 0 }
  const ask = network.request.bind(network)
  network.request = (to, protocol, bytes, options) => {
    if (protocol === SYNC_PROTOCOL) counted.count++
    return ask(to, protocol, bytes, options)
  }

  return counted
}
