import type { Part } from '../result.ts'
import { runParts } from '../run-parts.ts'
import { aligned } from './aligned.ts'
import { fisher } from './fisher.ts'
import { settings } from './settings.ts'
import { simulated } from './simulated.ts'
import { variance } from './variance.ts'

const PARTS: Readonly<Record<string, Part>> = { variance, simulated, settings, fisher, aligned }

/** What the merge policies are held to, part by part; see {@link runParts}. Data is looked for in STARLING_DATA. */
export const run = (args: readonly string[]): Promise<number> => runParts(PARTS, args)
