import type { Judgement } from './judge.ts'

export interface Opinion {
  /** 0: left out; 0.5: under suspicion or unreliable; 1: nothing against it. */
  readonly score: number
  readonly isExcluded: boolean
  readonly reason: string
}

const rounds = (n: number): string => (n === 1 ? '1 round' : `${n} rounds`)

/** What a judgement comes to, in words. */
export function opinionOf({ standing, isExcluded, evidence }: Judgement): Opinion {
  const { findings, confirmed, isUnreliable } = standing
  const score = isExcluded ? 0 : isUnreliable || findings > 0 ? 0.5 : 1
  if (confirmed !== undefined) {
    const since = findings > 0 ? ` for ${rounds(findings)}` : ', usual again in this round'
    return { score, isExcluded, reason: `${evidence}${since}: ${confirmed}` }
  }
  if (findings > 0) return { score, isExcluded, reason: `${evidence} for ${rounds(findings)}: suspected` }

  return { score, isExcluded, reason: `${evidence}: ${isUnreliable ? 'unreliable' : 'usual'}` }
}

export function opinionOfNewcomer(updates: number, needed: number): Opinion {
  return { score: 1, isExcluded: false, reason: `${updates} of the ${needed} updates that it takes to judge` }
}
