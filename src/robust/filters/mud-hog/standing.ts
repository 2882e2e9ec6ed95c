/** What a round says against a sender. */
export type Finding = 'sign flip' | 'noise' | 'targeted'

/** What all rounds together say of a sender. */
export interface Standing {
  /** Rounds with a finding, since the last without. */
  readonly findings: number
  /** What has been found often enough to be believed. */
  readonly confirmed: Finding | undefined
  /** Grows in rounds in which it looks unreliable, and shrinks in others. */
  readonly lapses: number
  readonly isUnreliable: boolean
}

export const INITIAL_STANDING: Standing = { findings: 0, confirmed: undefined, lapses: 0, isUnreliable: false }

/** A targeted attack shows slowly, and honest skew looks like one: it takes so many times the rounds of others. */
const TARGETED_FACTOR = 2

/** Lapses count up to here: who was unreliable for long need not be reliable for as long again. */
const mostLapses = (delay: number): number => 2 * delay + 1

/**
 * Takes in what a round found: as often as `delay` in a row confirms it, two rounds in a row without any clear it. Who
 * is cleared of noise after several spells of it was not hostile, but unreliable.
 *
 * Source: MUD-HoG's fourth rule.
 */
export function afterFinding(standing: Standing, finding: Finding | undefined, delay: number): Standing {
  if (finding === undefined)
    return standing.findings === 0 ? { ...standing, confirmed: undefined } : spared(standing, delay)

  const findings = standing.findings + 1
  const needed = finding === 'targeted' ? TARGETED_FACTOR * delay : delay

  return { ...standing, findings, confirmed: findings >= needed ? finding : standing.confirmed }
}

/** The first round without a finding. */
function spared(standing: Standing, delay: number): Standing {
  if (standing.confirmed !== 'noise') return { ...standing, findings: 0 }
  const lapses = Math.min(standing.lapses + 1, mostLapses(delay))
  if (lapses < delay) return { ...standing, findings: 0, lapses }

  return { findings: 0, confirmed: undefined, lapses, isUnreliable: true }
}

/** Takes in whether it looked unreliable in a round. Source: MUD-HoG's fifth rule. Deviation: lapses are bounded. */
export function afterLapse(standing: Standing, isLapse: boolean, delay: number): Standing {
  const lapses = isLapse ? Math.min(standing.lapses + 1, mostLapses(delay)) : Math.max(0, standing.lapses - 1)
  const isUnreliable = lapses > delay || (standing.isUnreliable && lapses > 0)

  return { ...standing, lapses, isUnreliable }
}
