import type { Json, LearnerState, Rest, RestVisitor } from '../../src/interface/rest.ts'

/** What a file would give back. */
export function kept({ vectors, data, ...rest }: LearnerState): LearnerState {
  return {
    ...rest,
    vectors: Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [name, vector.slice()])),
    data: JSON.parse(JSON.stringify(data)) as Json
  }
}

/** Keeps the state of each rest, and the last one. */
export class Keeper {
  readonly states: LearnerState[] = []
  readonly rests: Rest[] = []

  /** Told of each rest, before it is over. */
  onRest: (rest: Rest) => void = () => undefined

  readonly visit: RestVisitor = async (rest) => {
    this.rests.push(rest)
    this.states.push(kept(rest.state()))
    this.onRest(rest)
  }

  get last(): LearnerState {
    return this.states.at(-1)!
  }
}
