import { CodedError } from '../interface/errors.ts'
import type {
  EvaluateOptions,
  FisherOptions,
  RoundOptions,
  StatelessTrainer,
  Trainer,
  TrainOptions,
  TrainReport
} from '../interface/trainer.ts'
import type { VectorMath } from '../interface/vectors.ts'

export interface GuardInit {
  vectors: VectorMath
  /** A training was undone. */
  onDiverged: () => void
  /** A Fisher vector was beyond float32, in round `round`. */
  onOverflow: (round: number) => void
}

/** Reported for a training whose loss is no number: far above any that is one. In nats. */
const DIVERGED_LOSS = 1e6

/**
 * A trainer that never leaves a model with NaN or infinity behind: such a training is undone. Large steps lead there, and
 * models that attackers have spoilt. Sent to others, the model would cost this node its good name; kept, it would spoil
 * every merge. A Fisher vector that overflows becomes zero: in merges this model then counts for nothing.
 *
 * The optimiser's state is not undone: a node whose momentum is lost trains no more, but goes on merging.
 */
export function guarded(trainer: Trainer, init: GuardInit): Trainer {
  return {
    layout: trainer.layout,
    exampleCount: trainer.exampleCount,
    get params() {
      return trainer.params
    },
    train: (steps: number, options: TrainOptions) => undoing(init, trainer.params, () => trainer.train(steps, options)),
    evaluate: (options?: EvaluateOptions) => trainer.evaluate(options),
    loss: (indices, options) => trainer.loss(indices, options),
    fisher: (out, options) => zeroing(init, out, options, () => trainer.fisher(out, options)),
    probe: (perClass, options) => trainer.probe(perClass, options),
    state: () => trainer.state(),
    restore: (state) => trainer.restore(state),
    close: () => trainer.close()
  }
}

/** As {@link guarded}, for models that the trainer is given. */
export function guardedStateless(trainer: StatelessTrainer, init: GuardInit): StatelessTrainer {
  return {
    layout: trainer.layout,
    exampleCount: trainer.exampleCount,
    initialise: (params) => trainer.initialise(params),
    train: (params, options: RoundOptions) => undoing(init, params, () => trainer.train(params, options)),
    evaluate: (params, options) => trainer.evaluate(params, options),
    fisher: (params, out, options) => zeroing(init, out, options, () => trainer.fisher(params, out, options)),
    close: () => trainer.close()
  }
}

async function undoing(
  { vectors, onDiverged }: GuardInit,
  params: Float32Array,
  train: () => Promise<TrainReport>
): Promise<TrainReport> {
  const before = vectors.allocate(params.length)
  try {
    before.set(params)
    const report = await train()
    if (vectors.allFinite(params)) return Number.isFinite(report.loss) ? report : { ...report, loss: DIVERGED_LOSS }

    params.set(before)
    onDiverged()
    return { ...report, loss: DIVERGED_LOSS }
  } finally {
    vectors.free(before)
  }
}

async function zeroing(
  { onOverflow }: GuardInit,
  out: Float32Array,
  { round }: FisherOptions,
  estimate: () => Promise<void>
): Promise<void> {
  try {
    await estimate()
  } catch (error) {
    if (!(error instanceof CodedError && error.code === 'ERR_FISHER_NOT_FINITE')) throw error
    out.fill(0)
    onOverflow(round)
  }
}
