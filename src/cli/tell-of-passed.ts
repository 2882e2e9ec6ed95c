import type { CheckpointError } from '../interface/checkpoint-error.ts'

/** On standard error: a newer checkpoint was there, and could not be read. */
export function tellOfPassed(passed: readonly CheckpointError[]): void {
  for (const { message, code } of passed) process.stderr.write(`passed over ${message} [${code}]\n`)
}
