import type { HeadProbe } from '../../interface/trainer.ts'

/** A name for whoever sent an update, the same in every round. */
export type Sender = string

/** A model that came in, checked by the decoder: shape (dim), all finite; only read. */
export interface ReceivedModel {
  readonly sender: Sender
  readonly params: Float32Array
  /** Of the sender, as it says; the present one when absent. */
  readonly round?: number
}

/** What a filter thinks of a sender, for people. */
export interface SenderScore {
  readonly sender: Sender
  /** 0: distrusted, to 1. */
  readonly score: number
  /** Whether its models are left out now. */
  readonly isExcluded: boolean
  /** A short sentence with the numbers that decided, such as `cosine to the median -0.31 for 3 rounds: sign flip`. */
  readonly reason: string
}

interface FilterBase {
  /** Canonical text of the spec, which `parseFilter` reads. */
  readonly name: string
  /** What it thinks now, of every sender it remembers, by sender. */
  scores(): readonly SenderScore[]
  /** All it remembers, for a file. Bounded, see `maxSenders`. */
  save(): Uint8Array
  /**
   * Takes up what {@link save} gave, of a filter of the same name and dim.
   * @throws {FilterStateError} ERR_FILTER_STATE for bytes that are none; the filter is as it was
   */
  restore(state: Uint8Array): void
}

/** A round, as a screening filter sees it. All params shape (dim), all finite; only read. */
export interface ScreenInput {
  readonly round: number
  /**
   * What an update is the difference to: the model that the round's training began with. Of a node that trains that is
   * its own before it did, of a server the one that it sent out. Absent in a round that only merges: there are no
   * updates then, and nothing is learnt of anybody.
   */
  readonly start?: Float32Array | undefined
  /** The node's own model of the round, where it has one: it is trusted, and votes. */
  readonly own?: Float32Array
  /** What came in, one of each sender. */
  readonly models: readonly ReceivedModel[]
}

/** Says which of a round's models may count; a rule or a mean then combines those. */
export interface ScreeningFilter extends FilterBase {
  readonly kind: 'screening'
  /**
   * Looks at a round's models and remembers.
   *
   * @returns indices of the models that may count, ascending
   */
  screen(input: ScreenInput): readonly number[]
}

/** Combines a round's models itself, by how they do on examples of the node's own. */
export interface IntegratingFilter extends FilterBase {
  readonly kind: 'integrating'
  /** Examples of each class that it wants to try models on. */
  readonly probePerClass: number
  /** The examples; before anything else. */
  begin(probe: HeadProbe): void
  /** Keeps of a training what this node has examples for. `before`: shape (dim), params when the training began. */
  afterTraining(params: Float32Array, before: Float32Array): void
  /** Merges a round's models into `params`, shape (dim). */
  integrateInto(round: number, params: Float32Array, models: readonly ReceivedModel[]): void
}

export type PeerFilter = ScreeningFilter | IntegratingFilter
