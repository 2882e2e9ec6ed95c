import type { Connection, Stream } from '@libp2p/interface'
import { CodedError, RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import type { WaitRegister } from '../interface/waits.ts'
import { decodeHello, encodeHello, HELLO_REFUSALS, type Hello, type HelloRefusal } from '../wire/hello-codec.ts'
import { MAX_HELLO_BYTES } from '../wire/limits.ts'
import { closeStream } from './close-stream.ts'
import { readFrame, writeFrame } from './frame.ts'
import { printable } from './job-difference.ts'
import type { Standing } from './membership.ts'
import { openStream } from './open-stream.ts'
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

/** The peer does not let us in. */
export class HelloRefusedError extends CodedError<'ERR_HELLO_REFUSED'> {
  constructor(peer: Peer, refusal: HelloRefusal) {
    super('ERR_HELLO_REFUSED', `${peer} does not let this node in: ${refusal}`, { peer, refusal })
  }
}

/** To whom a hello goes: one we have dialled, one whose hello has passed, or one whose hello has not. */
export type HelloStage = 'first' | 'passed' | { readonly refusal: HelloRefusal }

export interface HelloComponents {
  waits: WaitRegister
  jobId: string
  /** What we say about ourselves now. */
  ownHello: (to: Peer, stage: HelloStage) => Hello
  /** Names what differs; bounded, printable text. */
  compareJobs: (theirJobJson: string) => readonly string[]
  /** Whether the peer belongs to the swarm, with what it presents. @throws {RejectedError} ERR_INVITE_* */
  checkMember: (peer: Peer, invitation: Uint8Array | undefined) => Standing
  /** The peer has passed. */
  admit: (peer: Peer, hello: Hello, standing: Standing, connection: Connection) => void
  timeoutMs: number
}

/**
 * The first exchange on every connection. The dialler opens the stream and
 * sends its hello, the other answers with its own, or with why it does not,
 * the dialler closes: each side admits the other only after that, the dialler
 * first.
 */
export class HelloService {
  readonly #components: HelloComponents

  constructor(components: HelloComponents) {
    this.#components = components
  }

  /**
   * The dialler's part.
   *
   * @throws {JobMismatchError} ERR_JOB_MISMATCH; {HelloRefusedError} ERR_HELLO_REFUSED; {RejectedError} ERR_HELLO_*,
   * ERR_INVITE_*, ERR_FRAME_*; ERR_WAIT_TIMEOUT
   */
  async greet(connection: Connection, signal: AbortSignal): Promise<void> {
    const peer = connection.remotePeer.toString()
    await this.#within(`the hello of ${peer}`, peer, signal, async (deadline) => {
      const stream = await openStream(connection, HELLO_PROTOCOL, { signal: deadline, runOnLimitedConnection: true })
      await guarded(stream, async () => {
        await writeFrame(stream, encodeHello(this.#components.ownHello(peer, 'first')), { signal: deadline })
        const hello = await this.#read(stream, deadline)
        await closeStream(stream, { signal: deadline })
        this.#components.admit(peer, hello, this.#check(peer, hello), connection)
      })
    })
  }

  /** The part of the one who was dialled. Throws as {@link greet} does. */
  async answer(stream: Stream, connection: Connection, signal: AbortSignal): Promise<void> {
    const peer = connection.remotePeer.toString()
    await this.#within(`the hello of ${peer}`, peer, signal, (deadline) =>
      guarded(stream, async () => {
        const hello = await this.#read(stream, deadline)
        const outcome = this.#judge(peer, hello)
        // also to who is refused: so that the other side can name the reason too
        const stage = 'error' in outcome ? { refusal: refusalOf(outcome.error) } : 'passed'
        await writeFrame(stream, encodeHello(this.#components.ownHello(peer, stage)), { signal: deadline })
        await readStream(stream, refuseMore, { signal: deadline })
        await closeStream(stream, { signal: deadline })
        if ('error' in outcome) throw outcome.error
        this.#components.admit(peer, hello, outcome.standing, connection)
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

  #judge(peer: Peer, hello: Hello): { standing: Standing } | { error: JobMismatchError | RejectedError } {
    try {
      return { standing: this.#check(peer, hello) }
    } catch (error) {
      if (error instanceof JobMismatchError || error instanceof RejectedError) return { error }
      throw error
    }
  }

  #check(peer: Peer, { jobId, jobJson, refusal, invitation }: Hello): Standing {
    const { jobId: ours, compareJobs, checkMember } = this.#components
    if (jobId !== ours) {
      const named = compareJobs(jobJson)
      const differences = named.length > 0 ? named : [`job id: ${shortId(ours)} here, ${shortId(jobId)} there`]
      throw new JobMismatchError(
        peer,
        differences.slice(0, 8).map((text) => printable(text, 200))
      )
    }
    if (refusal !== undefined) throw new HelloRefusedError(peer, refusal)

    return checkMember(peer, invitation)
  }
}

/** What is said to the other side; a code that it has no number for would be a bug of ours. */
function refusalOf({ code }: CodedError): HelloRefusal {
  return HELLO_REFUSALS.find((refusal) => refusal === code) ?? 'ERR_INVITE_MALFORMED'
}

/** Who is refused hears why: the stream has been closed then, and is not cut off. */
async function guarded(stream: Stream, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isRefusal(error)) stream.abort(error as Error)
    throw error
  }
}

/** Whether an error says that one of the two does not belong to the other's swarm. */
export function isRefusal(error: unknown): error is CodedError {
  if (!(error instanceof CodedError)) return false

  return error instanceof HelloRefusedError || HELLO_REFUSALS.some((refusal) => refusal === error.code)
}

function refuseMore(): never {
  throw new RejectedError('ERR_FRAME_BYTES', 'penalise', 'bytes after the hello')
}

function shortId(jobId: string): string {
  return jobId.slice(0, 8)
}
