import type { z } from 'zod'

/** One line that says what is wrong, at which key, and what would be right. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const at = issue.path.length === 0 ? 'the job' : issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => [...issue.path, key].join('.'))
    return `unknown key ${keys.map((key) => `"${key}"`).join(', ')}`
  }

  return `${at}: ${issue.message}`
}
