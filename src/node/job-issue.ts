import type { z } from 'zod'
import { nearestWord } from '../interface/nearest-word.ts'

/** One thing that is wrong with a job. */
export interface JobProblem {
  /** The keys that lead to it. */
  readonly at: readonly PropertyKey[]
  /** Names the key, what is wrong and what would be right. */
  readonly text: string
}

/**
 * What an issue of the schema says to a person: a problem for each key that it is about.
 *
 * @param knownKeys - keys of jobs, for the nearest to an unknown one
 */
export function describeIssue(issue: z.core.$ZodIssue, knownKeys: readonly string[]): JobProblem[] {
  if (issue.code !== 'unrecognized_keys') {
    const at = issue.path.length === 0 ? 'the job' : issue.path.map(String).join('.')

    return [{ at: issue.path, text: `${at}: ${issue.message}` }]
  }

  return issue.keys.map((key) => {
    const meant = nearestWord(key, knownKeys)
    const hint = meant === undefined ? '; docs/JOBS.md lists the keys' : `, did you mean "${meant}"?`
    const at = [...issue.path, key]

    return { at, text: `unknown key "${at.map(String).join('.')}"${hint}` }
  })
}
