import { CodedError } from '../interface/errors.ts'

/**
 * What a person reads of an error: a line for each problem, with the code that docs/ERRORS.md explains; a stack only
 * when asked for.
 */
export function describeError(error: unknown, { debug }: { debug: boolean }): string {
  if (debug && error instanceof Error) return error.stack ?? error.message
  if (!(error instanceof CodedError)) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')

    return `unexpected: ${line} (--debug prints where; please report it)`
  }

  return error.message
    .split('\n')
    .map((line) => `${line} [${error.code}]`)
    .join('\n')
}
