import { createHash } from 'node:crypto'
import { InvalidConfigError, RejectedError } from '../interface/errors.ts'
import type { DirectionKey } from '../math/signs.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import { ByteWriter } from '../wire/byte-writer.ts'
import { hashBytes, hashText } from '../wire/hex.ts'
import type { Accumulator, Term } from './accumulator.ts'
import { hashKey } from './hash-key.ts'
import { MAX_MAGNITUDE_SUM, MagnitudeSum } from './magnitude-sum.ts'

/** Above that, fresh directions cost no more memory than the pool. */
export const MAX_POOL_SIZE = 65_536
/** "SSP1", little-endian: changes with the format. */
const MAGIC = 0x3150_5353
const CHECKSUM_BYTES = 8
/** Magic, size, job id, sum of magnitudes; then the sums, and the checksum. */
const HEADER_BYTES = 4 + 4 + 32 + 8

export interface SeedPoolInit {
  /** 64 lower-case hex digits. */
  readonly jobId: string
  /** Candidate directions, K: 1 to 65,536. */
  readonly size: number
}

/**
 * Candidate directions that all projections of a job are measured along, and for each the sum of the coefficients: the
 * whole state of a fine-tune is these K integers, whatever the model's size.
 *
 * {@link rebuild} gives an accumulator the bits that applying the projections one by one would have given it: exactly,
 * as everything is an integer.
 *
 * Source: Qin et al., "Federated full-parameter tuning of billion-sized language models with communication cost under
 * 18 kilobytes" (FedKSeed), ICML 2024, arXiv:2312.06353. Deviations: integers and signs in place of floats and
 * Gaussians; candidates follow from the job, nobody has to send them; there is no server that averages.
 */
export class SeedPool {
  /** Of the candidates. */
  readonly keys: readonly DirectionKey[]
  /** Shape (K). */
  readonly sums: Int32Array
  readonly #jobId: string
  readonly #sum = new MagnitudeSum()

  /** @throws {InvalidConfigError} ERR_CONFIG_INVALID for a size out of bounds */
  constructor({ jobId, size }: SeedPoolInit) {
    if (!(Number.isInteger(size) && size >= 1 && size <= MAX_POOL_SIZE)) {
      throw new InvalidConfigError(`a seed pool of ${size}: 1 to ${MAX_POOL_SIZE}`, { size })
    }
    this.#jobId = jobId
    this.keys = Array.from({ length: size }, (_, k) => hashKey('starling/spsa/candidate/1', [jobId, k]))
    this.sums = new Int32Array(size)
  }

  /** Sum of the magnitudes of all coefficients added and not taken out. */
  get sum(): number {
    return this.#sum.value
  }

  /**
   * Adds a projection's coefficient to its candidate's sum.
   * @throws {CodedError} ERR_ACCUMULATOR_RANGE when sums could overflow; nothing has changed then
   */
  add(candidate: number, coefficient: number): void {
    this.#sum.add(Math.abs(coefficient))
    this.sums[candidate] = this.sums[candidate]! + coefficient
  }

  /** Takes one out that was added: the exact reverse. */
  remove(candidate: number, coefficient: number): void {
    this.#sum.add(-Math.abs(coefficient))
    this.sums[candidate] = this.sums[candidate]! - coefficient
  }

  /** Each candidate with its sum. */
  terms(): Term[] {
    return this.keys.map((key, k) => ({ key, coefficient: this.sums[k]! }))
  }

  /** Makes an accumulator hold what is here. */
  rebuild(accumulator: Accumulator): void {
    accumulator.rebuild(this.terms(), this.sum)
  }

  /** A checkpoint of 4 K + 56 bytes: magic, K, job id, sum of magnitudes, the sums; 8 bytes of SHA-256 of all that. */
  encode(): Uint8Array {
    const writer = new ByteWriter(HEADER_BYTES + 4 * this.sums.length + CHECKSUM_BYTES)
    writer.uint32(MAGIC)
    writer.uint32(this.sums.length)
    writer.bytes(hashBytes(this.#jobId))
    writer.uint53(this.sum)
    for (const sum of this.sums) writer.uint32(sum >>> 0)
    writer.bytes(checksum(writer.finish()))

    return writer.finish()
  }

  /**
   * Takes over a checkpoint, of this job.
   * @throws {RejectedError} ERR_POOL_STATE for bytes that are torn, of another job or size, or that no projections lead to;
   * nothing has changed then
   */
  load(bytes: Uint8Array): void {
    const { sums, sum } = decode(bytes, { jobId: this.#jobId, size: this.sums.length })
    this.#sum.set(sum)
    this.sums.set(sums)
  }
}

function decode(bytes: Uint8Array, { jobId, size }: SeedPoolInit): { sums: Int32Array; sum: number } {
  const reader = new ByteReader(bytes, () => badState('is of another length'))
  if (reader.uint32() !== MAGIC) throw badState('is none')
  if (reader.uint32() !== size || hashText(reader.bytes(32)) !== jobId) throw badState('is of another job')
  const sum = reader.uint53()
  const sums = Int32Array.from({ length: size }, () => reader.uint32())
  const end = HEADER_BYTES + 4 * size
  if (Buffer.compare(checksum(bytes.subarray(0, end)), reader.bytes(CHECKSUM_BYTES)) !== 0) throw badState('is torn')
  reader.end()
  const magnitudes = sums.reduce((total, value) => total + Math.abs(value), 0)
  // +c and -c have the same last bit
  if (sum > MAX_MAGNITUDE_SUM || sum < magnitudes || (sum - magnitudes) % 2 !== 0) {
    throw badState('has sums that do not fit each other')
  }

  return { sums, sum }
}

function checksum(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM_BYTES)
}

function badState(why: string): RejectedError<'ERR_POOL_STATE'> {
  return new RejectedError('ERR_POOL_STATE', 'penalise', `the checkpoint of a seed pool ${why}`)
}
