import type { Part } from '../result.ts'
import { runParts } from '../run-parts.ts'
import { bytes } from './bytes.ts'
import { finetune } from './finetune.ts'
import { linear } from './linear.ts'
import { text } from './text.ts'

const PARTS: Readonly<Record<string, Part>> = { finetune, bytes, text, linear }

/** What training by projections is held to, part by part; see {@link runParts}. Data is looked for in STARLING_DATA. */
export const run = (args: readonly string[]): Promise<number> => runParts(PARTS, args)
