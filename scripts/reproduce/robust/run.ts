import type { Part } from '../result.ts'
import { runParts } from '../run-parts.ts'
import { bristle } from './bristle.ts'
import { dumbbell } from './dumbbell.ts'
import { ring } from './ring.ts'
import { scaling } from './scaling.ts'
import { sockets } from './sockets.ts'
import { table } from './table.ts'

const PARTS: Readonly<Record<string, Part>> = { table, ring, dumbbell, scaling, sockets, bristle }

/** How rules hold under attack, what they cost without one, and how their time grows; see {@link runParts}. */
export const run = (args: readonly string[]): Promise<number> => runParts(PARTS, args)
