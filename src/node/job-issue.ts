import type { z } from 'zod'
import { nearestWord } from '../interface/nearest-word.ts'

/**
 * One line that says what is wrong, at which key, and what would be right.
 *
 * @param knownKeys - keys of jobs, for the nearest to an unknown one
 */
export function describeIssue(issue: z.core.$ZodIssue, knownKeys: readonly string[]): string {
  const at = issue.path.length === 0 ? 'the job' : issue.path.map(String).join('.')
  if (issue.code !== 'unrecognized_keys') return `${at}: ${issue.message}`

  return issue.keys
    .map((key) => {
      const meant = nearestWord(key, knownKeys)
      const hint = meant === undefined ? '' : `, did you mean "${meant}"?`

      return `unknown key "${[...issue.path, key].join('.')}"${hint}`
    })
    .join('; ')
}
