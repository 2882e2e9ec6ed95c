import { inspect, types } from 'node:util'
import { printable } from '../tables/printable.ts'
import type { Drawings } from './drawings.ts'
import { describeFailure, Words } from './words.ts'

/** Turns what an expression came to into text: tables for results, JavaScript's own notation for the rest. */
export function createWriter(drawings: Drawings, { colors }: { colors: boolean }): (value: unknown) => string {
  return (value) => {
    if (value instanceof Words) return value.text
    if (types.isNativeError(value)) return describeFailure(value)
    // all metrics, say: a string of many lines is there to be read
    if (typeof value === 'string' && value.includes('\n')) return value.trimEnd().split('\n').map(printable).join('\n')

    return drawings.textOf(value) ?? inspect(value, { colors, showProxy: false, depth: 4 })
  }
}
