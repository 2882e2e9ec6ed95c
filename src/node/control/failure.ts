import { z } from 'zod'
import { CodedError } from '../../interface/errors.ts'

const shape = z.object({
  message: z.string(),
  data: z
    .object({
      code: z.string().regex(/^ERR_[A-Z\d_]{1,64}$/),
      details: z.record(z.string(), z.union([z.string(), z.number()])).default({})
    })
    .optional()
})

/** The error that a node answered with, as the one it was there. */
export function failureOf(error: unknown): CodedError {
  const checked = shape.safeParse(error)
  if (!checked.success) return new CodedError('ERR_CONTROL_ANSWER', 'the node answered with an error that is none')

  const { message, data } = checked.data

  return new CodedError(data?.code ?? 'ERR_CONTROL_ANSWER', message, data?.details)
}
