import type { Peer } from '../interface/network.ts'
import type { ProjectionPlace } from './hash-key.ts'
import { type ChoiceState, PoolChoice, uniformCandidate } from './pool-choice.ts'

export interface CandidatesInit {
  /** Candidates of the pool, K. */
  size: number
  choice: 'uniform' | 'weighted'
  /** The job's, shape (128). */
  magnitudes: Float64Array
  placeOf: (author: Peer, place: number) => ProjectionPlace
  /** An author's bytes before a place: of its log, or measured and not in it yet. */
  bytesOf: (author: Peer, from: number, to: number) => Uint8Array
}

interface Replay {
  readonly state: ChoiceState
  /** Of each place so far. */
  readonly candidates: number[]
}

/** Which of the pool's directions a projection was measured along: by its place alone, or by its author's log before it. */
export class Candidates {
  readonly #init: CandidatesInit
  readonly #choice: PoolChoice
  /** Authors have logs, so there are no more of these than of logs. */
  readonly #replays = new Map<Peer, Replay>()

  constructor(init: CandidatesInit) {
    this.#init = init
    this.#choice = new PoolChoice(init.size, init.magnitudes)
  }

  /** Cost: with `weighted`, O(K) for each byte of the log that it has not been asked about before. */
  of(author: Peer, place: number): number {
    const { choice, size, placeOf } = this.#init
    if (choice === 'uniform') return uniformCandidate(placeOf(author, place), size)

    const replay = this.#replays.get(author) ?? { state: this.#choice.init(), candidates: [] }
    this.#replays.set(author, replay)
    while (replay.candidates.length <= place) this.#goOn(author, replay)

    return replay.candidates[place]!
  }

  /** An author's log goes on otherwise than was said. */
  forget(author: Peer): void {
    this.#replays.delete(author)
  }

  #goOn(author: Peer, { state, candidates }: Replay): void {
    const { placeOf, bytesOf } = this.#init
    const place = candidates.length
    if (place > 0) {
      const [byte] = bytesOf(author, place - 1, place)
      if (byte === undefined) throw new RangeError(`byte ${place - 1} of a log is not here`)
      this.#choice.next(state, candidates[place - 1]!, byte)
    }
    candidates.push(this.#choice.choose(state, placeOf(author, place)))
  }
}
