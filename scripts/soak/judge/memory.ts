import { median } from '../../bench/stats.ts'
import type { Finding, Life, Sample } from '../life.ts'

/** A process that grows by more than this after it has settled is not one to leave running for weeks. */
export const TOLERANCE = 0.1
/** Since it was ready: a fifth of a shorter life is over before the first models have come from everybody. */
export const MIN_JUDGED_SECONDS = 100
/** On a machine without time for it, seconds say little: what a node keeps is there after some tens of rounds. */
export const MIN_JUDGED_ROUNDS = 150
const FIFTHS = 5

export interface MemoryChange {
  /** Median of the second fifth of its life. */
  readonly settledBytes: number
  /** Median of the last fifth. */
  readonly lastBytes: number
  /** 0.1 is a tenth more. */
  readonly change: number
}

/**
 * Of a life since it was ready: loading is no part of it, and takes a second on one machine and a minute on another.
 * Undefined for one that is too short to judge.
 */
export function memoryChange(life: Life): MemoryChange | undefined {
  const samples = judgedSamples(life)
  if (samples.length === 0) return undefined

  const settledBytes = median(rssIn(samples, 1))
  const lastBytes = median(rssIn(samples, FIFTHS - 1))

  return { settledBytes, lastBytes, change: lastBytes / settledBytes - 1 }
}

/** From ready to the order to end; none of a life that is too short. */
export function judgedSamples({ samples, readySeconds = Infinity, order, growth }: Life): Sample[] {
  const judged = samples.filter(({ seconds }) => seconds >= readySeconds && seconds <= (order?.seconds ?? Infinity))
  const isLong = judged.length > 0 && judged.at(-1)!.seconds - judged[0]!.seconds >= MIN_JUDGED_SECONDS
  const rounds = (growth.at(-1)?.round ?? 0) - (growth[0]?.round ?? 0)

  return isLong && rounds >= MIN_JUDGED_ROUNDS ? judged : []
}

/** Resident bytes of the samples in a fifth of the time, from 0. */
function rssIn(samples: readonly Sample[], fifth: number): number[] {
  return samplesIn(samples, fifth).map(({ rssBytes }) => rssBytes)
}

/** The samples in a fifth of the time that all of them span, from 0. */
export function samplesIn(samples: readonly Sample[], fifth: number): Sample[] {
  const first = samples[0]!.seconds
  const length = (samples.at(-1)!.seconds - first) / FIFTHS

  return samples.filter(({ seconds }) => seconds >= first + fifth * length && seconds <= first + (fifth + 1) * length)
}

/** Memory is, in the last fifth of a life, no more than it was after the first. */
export function judgeMemory(life: Life): Finding[] {
  const memory = memoryChange(life)
  if (memory === undefined || memory.change <= TOLERANCE) return []
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  const fifths = [0, 1, 2, 3, 4].map((fifth) => mb(median(rssIn(judgedSamples(life), fifth))))
  const percent = `${memory.change > 0 ? '+' : ''}${(memory.change * 100).toFixed(1)} %`

  return [
    {
      promise: 'memory',
      by: life,
      text: `${percent} since its second fifth; medians of its fifths: ${fifths.join(', ')}`
    }
  ]
}

/** A run in which nobody could be judged has shown nothing. */
export function judgeWhetherJudged(lives: readonly Life[]): Finding[] {
  if (lives.some((life) => memoryChange(life) !== undefined)) return []
  const least = `${MIN_JUDGED_SECONDS} s and ${MIN_JUDGED_ROUNDS} rounds`

  return [{ promise: 'memory', text: `no process has lived long enough to be judged, ${least}` }]
}
