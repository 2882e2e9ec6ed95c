import type { TensorType } from '../program.ts'

/** Labelled examples, read one at a time, so that a node holds only its own slice. */
export interface ExampleSet {
  readonly name: string
  readonly count: number
  /** Shape of one example, `[28, 28, 1]` or `[length]` for tokens. */
  readonly shape: readonly number[]
  readonly type: TensorType
  readonly classes: number
  /** Class of each example, shape (count): what partitions are made from. All zero for text. */
  readonly labels: Int32Array
  /** Shape of one example's target: `[]` for a class, `[length]` for the next token at each position. */
  readonly targetShape: readonly number[]
  /** Writes example `index` into `out` from `offset` on; pixels are scaled to what the models expect. */
  readInto(index: number, out: Float32Array | Int32Array, offset: number): void
  /** Writes the target of example `index`: its class, or its next tokens. */
  readTargetInto(index: number, out: Int32Array, offset: number): void
}

export interface DataSource {
  readonly train: ExampleSet
  /** The same on every node of a job. */
  readonly test: ExampleSet
}
