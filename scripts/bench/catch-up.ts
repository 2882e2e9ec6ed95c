/**
 * Times how long a newcomer takes to come to the state of a replica with many projections: by going through the log,
 * and by a snapshot that two peers vouch for, who have gone on since and must undo what came after it. Everything that a
 * node does is done here in one thread, one thing after the other; only the way over the network is left out. In the
 * time that the processor spent on that thread.
 *
 * `npm run bench -- catch-up [--dim N] [--projections N] [--authors N] [--newer N]`
 */
import { parseArgs } from 'node:util'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { generateKey } from '../../src/gossip/key.ts'
import type { Peer } from '../../src/interface/network.ts'
import type { Signing } from '../../src/interface/signing.ts'
import { createRng } from '../../src/math/philox.ts'
import { VectorHeap } from '../../src/math/vector-heap.ts'
import { isProjectionJob, jobId, type ProjectionJob, resolveJob } from '../../src/node/job.ts'
import { projectionMath } from '../../src/node/projections.ts'
import { keySigning } from '../../src/node/signing.ts'
import { isProjectionByte } from '../../src/spsa/projection.ts'
import { Replica } from '../../src/spsa/replica.ts'
import { accHash, decodeSnapshot, encodeSnapshot } from '../../src/spsa/snapshot.ts'
import type { LogBatch } from '../../src/wire/log-batch.ts'

const VOUCHERS = 2
const LOG_SECONDS = 60
const SNAPSHOT_SECONDS = 5

interface Author {
  readonly self: Peer
  readonly signing: Signing
  /** Signed, in order; the last ones are newer than the snapshot. */
  readonly older: readonly LogBatch[]
  readonly newer: readonly LogBatch[]
}

interface Counts {
  readonly dim: number
  readonly projections: number
  readonly authors: number
  /** Projections that are newer than the snapshot. */
  readonly newer: number
}

function jobOf({ projections, newer, authors }: Counts): ProjectionJob {
  const rounds = Math.ceil((projections + newer) / authors)
  const input = { data: { nodes: authors }, learner: { name: 'spsa' as const }, budget: { rounds } }
  const job = resolveJob(input, 'the benchmark')
  if (!isProjectionJob(job)) throw new Error('not a job of projections')

  return job
}

function newReplica(
  heap: VectorHeap,
  job: ProjectionJob,
  { self, signing }: Pick<Author, 'self' | 'signing'>,
  dim: number
) {
  const math = projectionMath(job)
  const directions = math.directions((author, from, to) => replica.bytesOf(author, from, to))
  const start = new Float32Array(dim)
  const replica: Replica = new Replica({
    jobId: jobId(job),
    self,
    verify: signing.verify,
    vectors: heap,
    start,
    scale: math.scale,
    isProjection: math.isProjection,
    maxLength: job.budget.rounds ?? 0,
    maxAuthors: job.data.nodes,
    trim: 0,
    keyOf: directions.of,
    forget: directions.forget,
    coefficientOf: math.coefficientOf
  })

  return replica
}

async function authorOf(index: number, job: ProjectionJob, counts: Counts): Promise<Author> {
  const key = await generateKey()
  const [self, signing] = [peerIdFromPrivateKey(key).toString(), keySigning(key)]
  const rng = createRng(1, `bench:log:${index}`)
  const { ledger } = newReplica(new VectorHeap(), job, { self, signing }, 1)
  const write = (count: number): LogBatch[] => {
    const bytes = Uint8Array.from({ length: count }, () => rng.below(256)).map((byte) =>
      isProjectionByte(byte) ? byte : 0
    )
    const batches = ledger.sign(self, bytes, signing.sign)
    for (const batch of batches) ledger.accept(batch)

    return batches
  }
  const share = (count: number): number => Math.floor(count / counts.authors)

  return { self, signing, older: write(share(counts.projections)), newer: write(share(counts.newer)) }
}

/** Prints how long it took; returns its result, and adds up seconds. */
class Stopwatch {
  seconds = 0

  time<T>(what: string, run: () => T): T {
    const start = process.threadCpuUsage()
    const result = run()
    const { user, system } = process.threadCpuUsage(start)
    const seconds = (user + system) / 1e6
    this.seconds += seconds
    console.log(`  ${what.padEnd(58)}${seconds.toFixed(2).padStart(7)} s`)

    return result
  }

  total(limit: number): void {
    const verdict = this.seconds < limit ? 'met' : 'missed'
    console.log(`  ${'together'.padEnd(58)}${this.seconds.toFixed(2).padStart(7)} s  ${verdict} (${limit})`)
  }
}

function take(replica: Replica, batches: readonly LogBatch[]): void {
  for (const batch of batches) {
    if (replica.ledger.accept(batch).kind !== 'added') throw new Error('a batch that does not fit')
  }
}

function byLog(replica: Replica, batches: readonly LogBatch[]): void {
  const watch = new Stopwatch()
  console.log('from the log')
  watch.time(`take in ${batches.length} signed batches`, () => take(replica, batches))
  watch.time('find the directions, and apply', () => replica.apply())
  watch.total(LOG_SECONDS)
}

/** @returns the hash of the newcomer's state */
function bySnapshot(source: Replica, newcomer: Replica, authors: readonly Author[]): string {
  const watch = new Stopwatch()
  const newer = authors.flatMap((author) => author.newer)
  console.log('from a snapshot')
  const encoded = watch.time('its source encodes it', () => encodeSnapshot(source.snapshot()))
  console.log(`    ${encoded.byteLength} bytes`)
  take(source, newer) // the vouchers have gone on
  source.apply()
  watch.time('the newcomer takes in the same batches', () =>
    take(
      newcomer,
      authors.flatMap(({ older }) => older)
    )
  )
  const snapshot = watch.time('it decodes the snapshot', () => decodeSnapshot(encoded, source.dim))
  const hash = watch.time('it hashes the state', () => accHash(snapshot.acc))
  for (let i = 1; i <= VOUCHERS; i++) {
    const vouched = watch.time(`voucher ${i} undoes ${newerCount(authors)} on a copy`, () =>
      source.hashAt(snapshot.logs)
    )
    if (vouched !== hash) throw new Error('another state than the snapshot has')
  }
  watch.time('it takes the state over', () => newcomer.adopt(snapshot))
  watch.time('it takes in what is newer, and applies it', () => {
    take(newcomer, newer)
    newcomer.apply()
  })
  watch.total(SNAPSHOT_SECONDS)

  return newcomer.hash()
}

function newerCount(authors: readonly Author[]): number {
  return authors.flatMap(({ newer }) => newer).reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
}

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dim: { type: 'string', default: '1000000' },
      projections: { type: 'string', default: '100000' },
      authors: { type: 'string', default: '8' },
      newer: { type: 'string', default: '400' }
    }
  })
  const counts: Counts = {
    dim: Number(values.dim),
    projections: Number(values.projections),
    authors: Number(values.authors),
    newer: Number(values.newer)
  }
  const job = jobOf(counts)
  const authors = await Promise.all(Array.from({ length: counts.authors }, (_, i) => authorOf(i, job, counts)))
  const heap = new VectorHeap()
  const [one, other] = [newReplica(heap, job, authors[0]!, counts.dim), newReplica(heap, job, authors[1]!, counts.dim)]

  console.log(
    `${counts.dim} parameters, ${counts.projections} projections of ${counts.authors} authors: seconds of one thread`
  )
  byLog(
    one,
    authors.flatMap(({ older }) => older)
  )
  const hash = bySnapshot(one, other, authors)
  const isSame = hash === one.hash()
  console.log(isSame ? 'both have the same bits' : 'they have other bits')

  return isSame ? 0 : 1
}
