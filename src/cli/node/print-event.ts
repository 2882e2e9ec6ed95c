import type { NodeEvent, NodeEventSink } from '../../node/events.ts'
import { describeEvent } from '../describe-event.ts'

/** Events on standard output: as lines of JSON, or for people. */
export function eventPrinter({ json }: { json: boolean }): NodeEventSink {
  return json ? printJson : printLine
}

function printJson(event: NodeEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

function printLine(event: NodeEvent): void {
  const line = describeEvent(event)
  if (line !== undefined) process.stdout.write(`${line}\n`)
}
