import type { Rest } from '../../interface/rest.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { Finale } from './finale.ts'
import type { Participant } from './participant.ts'
import type { RoundContext } from './round-context.ts'
import { modestState, paramsOf } from './state.ts'

/** A member that is not asked to train rests this often. */
const REST_MS = 1_000

export interface RestingInit {
  context: RoundContext
  participant: Participant
  finale: Finale
}

/** A member's rests: before it trains, and by the clock while nobody asks it to. */
export class Resting {
  readonly #init: RestingInit

  constructor(init: RestingInit) {
    this.#init = init
  }

  async nowAndThen(signal: AbortSignal): Promise<void> {
    const { clock, rests, init } = this.#init.context
    while (init.rest !== undefined) {
      await clock.sleep(REST_MS, { signal })
      await rests.take({ signal })
    }
  }

  /** How things stand. */
  now(): Omit<Rest, 'isLast'> {
    const { context, participant, finale } = this.#init
    const { trainer, members, dim } = context
    const { finished: trained, steps, closed } = participant
    const model = finale.model ?? participant.held
    const held = model === undefined ? undefined : { ...model, isFinal: model === finale.model }
    const standing = { steps, elapsedMs: context.elapsedMs(), trained, closed, held }
    const { round: swarmRound, periodMs, view } = members

    return {
      round: trained,
      steps,
      state: () => modestState({ ...standing, swarmRound, periodMs, view: view.toJSON() }, dim),
      ...(held === undefined
        ? {}
        : { evaluate: (options: AbortOptions = {}) => trainer.evaluate(paramsOf(held, dim), options) })
    }
  }
}
