import type { Connection, Stream } from '@libp2p/interface'
import type { Clock } from '../interface/clock.ts'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { WaitRegister, WaitSpec } from '../interface/waits.ts'
import { decodePullRequest, encodePullStatus, PULL_REQUEST_BYTES } from '../wire/pull-codec.ts'
import { closeStream } from './close-stream.ts'
import type { Judge } from './judge.ts'
import type { GossipLimits } from './limits.ts'
import type { ModelStore } from './model-store.ts'
import { readStream } from './read-stream.ts'
import { sendAll } from './send-all.ts'
import { withStallGuard } from './stall-guard.ts'
import { TokenBuckets } from './token-bucket.ts'
import { shortHash, transferTimeoutMs } from './transfer-limits.ts'

export interface ModelServerComponents {
  models: ModelStore
  judge: Judge
  waits: WaitRegister
  clock: Clock
  limits: GossipLimits
}

/** Serves the models on offer: reads one request off a stream, answers with a status byte and the model's bytes. */
export class ModelServer {
  readonly #components: ModelServerComponents
  readonly #serving = new Map<Peer, number>()
  readonly #asked: TokenBuckets
  #total = 0

  constructor(components: ModelServerComponents) {
    const { pullsPerSecond: perSecond, pullBurst: burst, maxConnections } = components.limits
    this.#components = components
    this.#asked = new TokenBuckets({ perSecond, burst, maxPeers: 2 * maxConnections })
  }

  /** Transfers under way. */
  get serving(): number {
    return this.#total
  }

  async handle(stream: Stream, connection: Connection, signal: AbortSignal): Promise<void> {
    const peer = connection.remotePeer.toString()
    try {
      const request = await this.#readRequest(stream, peer, signal)
      await this.#answer(stream, peer, decodePullRequest(request), signal)
    } catch (error) {
      if (error instanceof RejectedError) this.#components.judge.reject(peer, error)
      stream.abort(error as Error)
    }
  }

  #readRequest(stream: Stream, peer: Peer, signal: AbortSignal): Promise<Uint8Array> {
    const { waits, limits } = this.#components
    const spec: WaitSpec = {
      kind: 'transfer',
      what: 'the request on a model stream',
      from: [peer],
      timeoutMs: limits.messageTimeoutMs
    }

    return waits.run(spec, (deadline) => readRequest(stream, deadline), { signal })
  }

  async #answer(
    stream: Stream,
    peer: Peer,
    { hash, offset }: { hash: string; offset: number },
    signal: AbortSignal
  ): Promise<void> {
    const { models, waits, limits } = this.#components
    const model = models.get(hash)
    if (model === undefined) return this.#refuse(stream, peer, 'not-found', signal)
    if (offset > model.byteLength) throw new RejectedError('ERR_PULL_OFFSET', 'penalise', 'offset beyond the model')

    const serving = this.#serving.get(peer) ?? 0
    const isOften = !this.#asked.take(peer, this.#components.clock.now())
    if (isOften || this.#total >= limits.maxServed || serving >= limits.maxServedPerPeer) {
      return this.#refuse(stream, peer, 'busy', signal)
    }

    this.#count(peer, 1)
    try {
      const what = `model ${shortHash(hash)} to be taken`
      const spec: WaitSpec = {
        kind: 'transfer',
        what,
        from: [peer],
        timeoutMs: transferTimeoutMs(model.byteLength, limits)
      }
      await waits.run(spec, (deadline) => this.#send(stream, model.subarray(offset), deadline), { signal })
    } finally {
      this.#count(peer, -1)
    }
  }

  async #send(stream: Stream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { clock, limits } = this.#components
    let sent = 0
    const stalled = (): Error => new CodedError('ERR_MODEL_STALLED', 'the peer stopped taking the model', { sent })

    await withStallGuard({ clock, stallMs: limits.stallMs, progress: () => sent, stalled, signal }, async (guarded) => {
      stream.send(encodePullStatus('found'))
      const onSent = (count: number): void => {
        sent += count
      }
      await sendAll(stream, bytes, { signal: guarded, onSent })
      await closeStream(stream, { signal: guarded })
    })
  }

  #refuse(stream: Stream, peer: Peer, status: 'not-found' | 'busy', signal: AbortSignal): Promise<void> {
    const { waits, limits } = this.#components
    const spec: WaitSpec = {
      kind: 'transfer',
      what: `"${status}" to be taken`,
      from: [peer],
      timeoutMs: limits.messageTimeoutMs
    }
    stream.send(encodePullStatus(status))

    return waits.run(spec, (deadline) => closeStream(stream, { signal: deadline }), { signal })
  }

  #count(peer: Peer, change: 1 | -1): void {
    this.#total += change
    const serving = (this.#serving.get(peer) ?? 0) + change
    if (serving === 0) this.#serving.delete(peer)
    else this.#serving.set(peer, serving)
  }
}

async function readRequest(stream: Stream, signal: AbortSignal): Promise<Uint8Array> {
  const request = new Uint8Array(PULL_REQUEST_BYTES)
  let received = 0
  const take = (piece: Uint8Array): boolean => {
    if (received + piece.byteLength > PULL_REQUEST_BYTES) {
      throw new RejectedError('ERR_PULL_MALFORMED', 'penalise', 'more than a pull request', { received })
    }
    request.set(piece, received)
    received += piece.byteLength

    return received === PULL_REQUEST_BYTES
  }
  const result = await readStream(stream, take, { signal })
  // who leaves, dies or changes its mind has not sent anything wrong
  if (result === 'ended') throw new CodedError('ERR_STREAM_CLOSED', 'the request did not arrive', { received })

  return request
}
