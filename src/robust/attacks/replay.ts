import { defineAttack } from './attack.ts'

const DEFAULT_AGE = 10
/** It keeps as many models as rounds that it goes back. */
const MAX_AGE = 200

interface Kept {
  round: number
  readonly params: Float32Array
}

/** Sends the model that it had `age` rounds ago; until there is one so old, its oldest. Keeps `age` + 1 models. */
export const replay = defineAttack({
  summary: 'its own model of some rounds ago',
  options: { age: { kind: 'integer', min: 1, default: DEFAULT_AGE, help: `rounds, at most ${MAX_AGE}` } },
  problem: ({ age }) => (age > MAX_AGE ? `age is ${age}, more than the ${MAX_AGE} models that it may keep` : undefined),
  create: ({ age }) => {
    /** Ascending in round; all but the first younger than `age`. */
    const kept: Kept[] = []

    return (out, { own, round }) => {
      const spare = dropOld(kept, round, age)
      if (kept.at(-1)?.round !== round) kept.push({ round, params: spare ?? new Float32Array(own.length) })
      kept.at(-1)!.params.set(own)
      out.set(kept[0]!.params)
    }
  }
})

/** Leaves at most `age` models before this round's; hands back the memory of one that it dropped. */
function dropOld(kept: Kept[], round: number, age: number): Float32Array | undefined {
  let spare: Float32Array | undefined
  while (kept[1] !== undefined && kept[1].round <= round - age) spare = kept.shift()!.params

  return spare
}
