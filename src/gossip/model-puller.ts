import type { Stream } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { ModelRef, Peer, PullOptions } from '../interface/network.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import { isHash } from '../wire/hex.ts'
import { MAX_MODEL_DIM } from '../wire/limits.ts'
import { encodedModelBytes } from '../wire/model-codec.ts'
import { encodePullRequest } from '../wire/pull-codec.ts'
import { closeStream } from './close-stream.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'
import { ModelReceiver } from './model-receiver.ts'
import { openStream } from './open-stream.ts'
import type { PeerTable } from './peer-table.ts'
import { readStream } from './read-stream.ts'
import { SharedWork } from './shared-work.ts'
import { withStallGuard } from './stall-guard.ts'
import { shortHash, transferTimeoutMs } from './transfer-limits.ts'

export interface ModelPullerComponents {
  /** Name of the model protocol of this job. */
  protocol: string
  peers: PeerTable
  judge: Judge
  waits: WaitRegister
  clock: Clock
  limits: GossipLimits
}

/** After the last byte the sender closes its stream; this long we look whether it sends more instead. */
const CLOSE_GRACE_MS = 1000

/** Fetches models by hash, a broken transfer going on from where it stopped. */
export class ModelPuller {
  readonly #components: ModelPullerComponents
  readonly #transfers = new SharedWork<Uint8Array>()
  #nextId = 0

  constructor(components: ModelPullerComponents) {
    this.#components = components
  }

  /**
   * Resolves with exactly `ref.bytes` bytes whose SHA-256 is `ref.hash`. Those
   * who ask `from` for the same model at the same time share the transfer and
   * the result, unless they bring memory of their own.
   *
   * @throws {CodedError} ERR_MODEL_REF, ERR_PULL_LIMIT, ERR_PEER_UNKNOWN, ERR_MODEL_NOT_FOUND, ERR_MODEL_BUSY,
   * ERR_MODEL_TRUNCATED, ERR_MODEL_STALLED, ERR_MODEL_RELAYED, ERR_WAIT_TIMEOUT
   * @throws {RejectedError} ERR_MODEL_OVERRUN, ERR_MODEL_HASH, ERR_PULL_MALFORMED
   */
  async pull(from: Peer, ref: ModelRef, { into, ...options }: PullOptions = {}): Promise<Uint8Array> {
    checkRef(ref, into)
    // memory of the caller's own is a transfer of its own
    const key = `${from} ${ref.hash} ${ref.bytes} ${into === undefined ? 'shared' : this.#nextId++}`
    if (!this.#transfers.has(key) && this.#transfers.size >= this.#components.limits.maxPulls) {
      throw new CodedError('ERR_PULL_LIMIT', 'too many models are being fetched', { pulls: this.#transfers.size })
    }

    return this.#transfers.run(key, (signal) => this.#transfer(from, ref, into, signal), options)
  }

  async #transfer(from: Peer, ref: ModelRef, into: Uint8Array | undefined, signal: AbortSignal): Promise<Uint8Array> {
    const { waits, limits, judge } = this.#components
    const what = `model ${shortHash(ref.hash)} (${ref.bytes} bytes)`
    const spec: WaitSpec = { kind: 'transfer', what, from: [from], timeoutMs: transferTimeoutMs(ref.bytes, limits) }
    try {
      return await waits.run(spec, (deadline) => this.#receive(new ModelReceiver(ref, into), from, ref, deadline), {
        signal
      })
    } catch (error) {
      if (error instanceof RejectedError) judge.reject(from, error)
      throw error
    }
  }

  async #receive(receiver: ModelReceiver, from: Peer, ref: ModelRef, signal: AbortSignal): Promise<Uint8Array> {
    for (let resumes = 0; ; resumes++) {
      const before = receiver.received
      try {
        return await this.#attempt(from, ref, receiver, signal)
      } catch (error) {
        const moved = receiver.received > before
        if (signal.aborted) throw signal.reason
        if (!isBroken(error) || !moved || resumes >= this.#components.limits.maxResumes) throw coded(error)
        receiver.restart()
      }
    }
  }

  /** One stream: from where the receiver stands to the end of the model. */
  async #attempt(from: Peer, ref: ModelRef, receiver: ModelReceiver, signal: AbortSignal): Promise<Uint8Array> {
    const { protocol, peers, clock, limits } = this.#components
    const progress = (): number => receiver.received
    const stalled = (): Error =>
      new CodedError('ERR_MODEL_STALLED', 'the model stopped coming', { received: progress(), bytes: ref.bytes })

    return withStallGuard({ clock, stallMs: limits.stallMs, progress, stalled, signal }, async (guarded) => {
      const stream = await openStream(peers.connection(from), protocol, { signal: guarded })
      try {
        stream.send(encodePullRequest({ hash: ref.hash, offset: receiver.received }))
        const result = await readStream(stream, (piece) => receiver.take(piece), { signal: guarded })
        if (result === 'ended') throw truncated(receiver.received, ref.bytes)

        const model = receiver.finish()
        await this.#expectEnd(stream, from, guarded)
        return model
      } catch (error) {
        stream.abort(error as Error)
        throw error
      }
    })
  }

  /** Nothing may follow the model. A peer that leaves its stream open does no harm: the stream is aborted. */
  async #expectEnd(stream: Stream, from: Peer, signal: AbortSignal): Promise<void> {
    const spec: WaitSpec = {
      kind: 'transfer',
      what: 'the end of a model stream',
      from: [from],
      timeoutMs: CLOSE_GRACE_MS
    }
    const end = async (deadline: AbortSignal): Promise<void> => {
      await readStream(stream, refuseMore, { signal: deadline })
      await closeStream(stream, { signal: deadline })
    }
    try {
      await this.#components.waits.run(spec, end, { signal })
    } catch (error) {
      if (error instanceof RejectedError) throw error
      stream.abort(error as Error)
    }
  }
}

function refuseMore(): never {
  throw new RejectedError('ERR_MODEL_OVERRUN', 'penalise', 'bytes after the model')
}

function checkRef({ hash, bytes }: ModelRef, into: Uint8Array | undefined): void {
  const possible = Number.isInteger(bytes) && bytes > 0 && bytes <= encodedModelBytes(MAX_MODEL_DIM)
  if (!isHash(hash) || !possible) throw new CodedError('ERR_MODEL_REF', 'not a reference to a model', { bytes })
  if (into !== undefined && into.byteLength < bytes) {
    throw new RangeError(`pull: into has ${into.byteLength} bytes, needs ${bytes}`)
  }
}

function truncated(received: number, bytes: number): CodedError {
  return new CodedError('ERR_MODEL_TRUNCATED', 'the model ended early', { received, bytes })
}

/** The transfer was cut short, whoever did it; it may go on from there. */
function isBroken(error: unknown): boolean {
  return !(error instanceof CodedError) || error.code === 'ERR_MODEL_TRUNCATED' || error.code === 'ERR_STREAM_CLOSED'
}

/** Errors of libp2p by their name: resets and closed connections are transfers cut short. */
function coded(error: unknown): unknown {
  if (!(error instanceof Error) || !isBroken(error)) return error
  if (error instanceof CodedError && error.code === 'ERR_MODEL_TRUNCATED') return error
  if (error.name === 'LimitedConnectionError') {
    return new CodedError('ERR_MODEL_RELAYED', 'models do not travel over a relay', {}, { cause: error })
  }

  return new CodedError('ERR_MODEL_TRUNCATED', 'the transfer broke off', { cause: error.name }, { cause: error })
}
