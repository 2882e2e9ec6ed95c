import { setTimeout as delay } from 'node:timers/promises'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { onTestFinished } from 'vitest'
import { generateKey } from '../../../src/gossip/key.ts'
import type { LearnerEvent } from '../../../src/interface/events.ts'
import type { Network, Peer } from '../../../src/interface/network.ts'
import type { Signing } from '../../../src/interface/signing.ts'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { SEGMENT_PROTOCOL } from '../../../src/learners/spsa/exchange.ts'
import { SYNC_PROTOCOL } from '../../../src/learners/spsa/fetching.ts'
import { type Journal, NO_JOURNAL } from '../../../src/learners/spsa/journal.ts'
import type { SPSALearner } from '../../../src/learners/spsa/learner.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import {
  canonicalJob,
  isProjectionJob,
  type JobInput,
  jobId,
  type ProjectionJob,
  resolveJob
} from '../../../src/node/job.ts'
import { createProjectionLearner } from '../../../src/node/projection-learner.ts'
import { keySigning } from '../../../src/node/signing.ts'
import { Ledger } from '../../../src/spsa/ledger/ledger.ts'
import { isProjectionByte } from '../../../src/spsa/projection.ts'
import {
  decodeLedgerAnswer,
  encodeLedgerAnswer,
  encodeLedgerQuery,
  type LedgerAnswer
} from '../../../src/wire/ledger-sync-codec.ts'
import type { LogBatch } from '../../../src/wire/log-batch.ts'
import type { LogExtent } from '../../../src/wire/log-state.ts'
import { encodeSegmentAnswer } from '../../../src/wire/snapshot-codec.ts'
import { realClock, startNode } from '../../integration/gossip-nodes.ts'
import { MemoryHub, MemoryNetwork } from '../../util/memory-network.ts'
import { QuadraticTrainer } from '../../util/quadratic-trainer.ts'

export const STEPS = 300
export const DIM = 16
const NO_HASH = '0'.repeat(64)
const NO_TIP = '0'.repeat(16)

/** Its loss takes a moment, so that others get a word in. */
class SlowTrainer extends QuadraticTrainer {
  override async loss(): Promise<number> {
    await delay(1)

    return super.loss()
  }
}

export interface Honest {
  network: Network
  learner: SPSALearner
  events: LearnerEvent[]
  /** What its network refused. */
  refused: readonly { from: Peer; code: string }[]
  /** Resolves when its learner has ended by itself. */
  done: Promise<void>
}

export interface Hostile {
  self: Peer
  network: Network
  signing: Signing
  /** Ends its connections. */
  leave: () => Promise<void>
}

/** Replicas that train, and peers that do as they please, in memory or over TCP on this machine. */
export class HostileSwarm {
  readonly job: ProjectionJob
  readonly #medium: 'memory' | 'sockets'
  readonly #hub = new MemoryHub()
  readonly #addresses: string[] = []

  constructor(medium: 'memory' | 'sockets', learner: Partial<ProjectionJob['learner']> = {}, rounds = STEPS) {
    this.#medium = medium
    const input: JobInput = {
      model: { name: 'linear' },
      data: { nodes: 4 },
      learner: { ...learner, name: 'spsa' },
      budget: { rounds },
      evaluation: { points: 2 }
    }
    const job = resolveJob(input, 'test')
    if (!isProjectionJob(job)) throw new Error('not a job of projections')
    this.job = job
  }

  async honest(journal: Journal = NO_JOURNAL): Promise<Honest> {
    const { network, signing } = await this.#join()
    const events: LearnerEvent[] = []
    const parts = {
      network,
      clock: realClock,
      waits: new WaitRegister({ clock: realClock }),
      vectors: new VectorHeap(),
      emit: (event: LearnerEvent) => events.push(event),
      signing,
      journal
    }
    const stop = new AbortController()
    const trainer = new SlowTrainer(Array.from({ length: DIM }, (_, i) => i / DIM))
    const learner = createProjectionLearner(this.job, parts, trainer)
    const done = learner.run({ signal: stop.signal })
    done.catch(() => undefined)
    onTestFinished(() => stop.abort(new Error('the test is over')))

    return { network, learner, events, refused: refusalsOf(network), done }
  }

  async hostile(): Promise<Hostile> {
    const { network, signing, leave } = await this.#join()
    const { self } = network
    // whatever it is asked for, it has nothing, until a test says otherwise
    network.handle(SEGMENT_PROTOCOL, { request: async () => encodeSegmentAnswer(undefined) })

    return { self, network, signing, leave }
  }

  /** A name that nobody here has, and what signs for it. */
  async stranger(): Promise<{ self: Peer; signing: Signing }> {
    const key = await generateKey()

    return { self: peerIdFromPrivateKey(key).toString(), signing: keySigning(key) }
  }

  /** What an author would publish, were these its first projections. */
  logOf(author: Peer, signing: Signing, bytes: readonly number[]): LogBatch {
    return this.ledger(signing).sign(author, Uint8Array.from(bytes), signing.sign)[0]!
  }

  /** An empty ledger of this job, without a limit that matters. */
  ledger({ verify }: Signing): Ledger {
    const limits = { maxLength: 1_000_000, maxAuthors: 100 }

    return new Ledger({ jobId: jobId(this.job), verify, isProjection: isProjectionByte, ...limits, onChange: () => {} })
  }

  async #join(): Promise<{ network: Network; signing: Signing; leave: () => Promise<void> }> {
    const privateKey = await generateKey()
    const signing = keySigning(privateKey)
    if (this.#medium === 'memory') {
      const network = this.#hub.join(peerIdFromPrivateKey(privateKey).toString())

      return { network, signing, leave: async () => this.#hub.kill(network.self) }
    }
    const network = await startNode({ privateKey, job: canonicalJob(this.job), bootstrap: this.#addresses })
    if (this.#addresses.length === 0) this.#addresses.push(...network.addresses())

    return { network, signing, leave: () => network.stop() }
  }
}

function refusalsOf(network: Network): readonly { from: Peer; code: string }[] {
  if (network instanceof MemoryNetwork) return network.rejections
  const refused: { from: Peer; code: string }[] = []
  network.on('peer:rejected', ({ peer, code }) => refused.push({ from: peer, code }))

  return refused
}

/** Answers every question for projections with what is in `answer` at that moment. */
export function serve({ network }: Hostile, answer: Partial<LedgerAnswer>): void {
  const nothing = { setHash: NO_HASH, isFinished: false, neighbourhood: 0, batches: [], proofs: [] }
  network.handle(SYNC_PROTOCOL, { request: async () => encodeLedgerAnswer({ ...nothing, ...answer }) })
}

/** Says that it has these logs, so that a replica that has not asks for them. @returns what the replica has */
export async function boast({ network }: Hostile, to: Peer, logs: readonly LogExtent[]): Promise<LedgerAnswer> {
  const states = logs.map((log) => ({ tip: NO_TIP, ...log }))
  const query = encodeLedgerQuery({ setHash: NO_HASH, isFinished: false, neighbourhood: 0, logs: states })

  return decodeLedgerAnswer(await network.request(to, SYNC_PROTOCOL, query))
}

/** Codes that a replica told its operator about a peer. */
export function codesOf({ events }: Honest, peer: Peer): string[] {
  return events.flatMap((event) => (event.event === 'model:rejected' && event.peer === peer ? event.code : []))
}

export function lastReplica({ events }: Pick<Honest, 'events'>) {
  return events.findLast((event) => event.event === 'replica:measured')
}
