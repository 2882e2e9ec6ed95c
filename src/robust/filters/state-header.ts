import type { z } from 'zod'
import { FilterStateError } from './errors.ts'

/** Longest name of a sender: peer ids have about 60 characters. */
export const MAX_SENDER_NAME = 256
/** Longest reason, in characters. */
export const MAX_REASON = 500

/** What a state's header says. @throws {FilterStateError} ERR_FILTER_STATE when it is not of this form */
export function readHeader<T>(schema: z.ZodType<T>, header: unknown): T {
  const result = schema.safeParse(header)
  if (result.success) return result.data

  const { path, message } = result.error.issues[0]!
  throw new FilterStateError(`its header: ${path.join('.') || 'all of it'}: ${message}`)
}
