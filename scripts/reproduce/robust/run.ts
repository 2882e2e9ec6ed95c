import { runParts } from '../run-parts.ts'
import { ring } from './ring.ts'

/** How rules hold under attack, what they cost without one, and how their time grows. */
export const run = (args: readonly string[]): Promise<number> => runParts({ ring }, args)
