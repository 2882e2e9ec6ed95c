import type { Connection, Stream } from '@libp2p/interface'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { WaitRegister } from '../interface/waits.ts'
import { decodeHello, encodeHello, type Hello } from '../wire/hello-codec.ts'
import { MAX_HELLO_BYTES } from '../wire/limits.ts'
import { closeStream } from './close-stream.ts'
import { readFrame, writeFrame } from './frame.ts'
import { printable } from './job-difference.ts'
import { readStream } from './read-stream.ts'

/** Without the job's id: this is where a difference of jobs is found and named. */
export const HELLO_PROTOCOL = '/starling/hello/1'

/** The peer works on another job. */
export class JobMismatchError extends CodedError<'ERR_JOB_MISMATCH'> {
  readonly differences: readonly string[]

  constructor(peer: Peer, differences: readonly string[]) {
    super('ERR_JOB_MISMATCH', `peer runs another job: ${differences.join('; ')}`, { peer })
    this.differences = differences
  }
}

export interface HelloComponents {
  waits: WaitRegister
  /** What we say about ourselves now. */
  ownHello: (to: Peer) => Hello
  /** Names what differs; bounded, printable text. */
  compareJobs: (theirJobJson: string) => readonly string[]
  /** The peer has passed. */
  admit: (peer: Peer, hello: Hello, connection: Connection) => void
  timeoutMs: number
}

/**
 * The first exchange on every connection. The dialler opens the stream and
 * sends its hello, the other answers with its own, the dialler closes: each
 * side admits the other only after that, the dialler first.
 */
export class HelloService {
  readonly #components: HelloComponents

  constructor(components: HelloComponents) {
    this.#components = components
  }

  /**
   * The dialler's part.
   *
   * @throws {JobMismatchError} ERR_JOB_MISMATCH; {RejectedError} ERR_HELLO_*, ERR_FRAME_*; ERR_WAIT_TIMEOUT
   */
  async greet(connection: Connection, signal: AbortSignal): Promise<void> {
    const peer = connection.remotePeer.toString()
    await this.#within(`the hello of ${peer}`, peer, signal, async (deadline) => {
      const stream = await connection.newStream(HELLO_PROTOCOL, { signal: deadline, runOnLimitedConnection: true })
      await guarded(stream, async () => {
        await writeFrame(stream, encodeHello(this.#components.ownHello(peer)), { signal: deadline })
        const hello = await this.#read(stream, deadline)
        await closeStream(stream, { signal: deadline })
        this.#check(peer, hello)
        this.#components.admit(peer, hello, connection)
      })
    })
  }

  /** The part of the one who was dialled. Throws as {@link greet} does. */
  async answer(stream: Stream, connection: Connection, signal: AbortSignal): Promise<void> {
    const peer = connection.remotePeer.toString()
    await this.#within(`the hello of ${peer}`, peer, signal, (deadline) =>
      guarded(stream, async () => {
        const hello = await this.#read(stream, deadline)
        // even to another job: so that the other side can name the difference too
        await writeFrame(stream, encodeHello(this.#components.ownHello(peer)), { signal: deadline })
        await readStream(stream, refuseMore, { signal: deadline })
        await closeStream(stream, { signal: deadline })
        this.#check(peer, hello)
        this.#components.admit(peer, hello, connection)
      })
    )
  }

  #within(
    what: string,
    peer: Peer,
    signal: AbortSignal,
    work: (deadline: AbortSignal) => Promise<void>
  ): Promise<void> {
    return this.#components.waits.run(
      { kind: 'hello', what, from: [peer], timeoutMs: this.#components.timeoutMs },
      work,
      { signal }
    )
  }

  async #read(stream: Stream, signal: AbortSignal): Promise<Hello> {
    return decodeHello(await readFrame(stream, { maxBytes: MAX_HELLO_BYTES, signal }))
  }

  #check(peer: Peer, hello: Hello): void {
    const ours = this.#components.ownHello(peer)
    if (hello.jobId === ours.jobId) return

    const named = this.#components.compareJobs(hello.jobJson)
    const differences =
      named.length > 0 ? named : [`job id: ${shortId(ours.jobId)} here, ${shortId(hello.jobId)} there`]
    throw new JobMismatchError(
      peer,
      differences.slice(0, 8).map((text) => printable(text, 200))
    )
  }
}

async function guarded(stream: Stream, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof JobMismatchError)) stream.abort(error as Error)
    throw error
  }
}

function refuseMore(): never {
  throw new RejectedError('ERR_FRAME_BYTES', 'penalise', 'bytes after the hello')
}

function shortId(jobId: string): string {
  return jobId.slice(0, 8)
}
