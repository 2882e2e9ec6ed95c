import type { NodeEvent } from '../../node/events.ts'
import type { StreamedEvent } from '../attach/control.ts'
import { describeEvent } from '../describe-event.ts'
import { formatBytes } from '../format.ts'
import { printable } from './printable.ts'
import { decimal, milliseconds, timeOfDay } from './values.ts'

/** An event as one line of a terminal: when, and what. */
export function eventLine({ at, event }: StreamedEvent): string {
  const text = event.event === 'round:ended' ? roundText(event) : (describeEvent(event) ?? event.event)

  // an event of several lines lists addresses, which status does too
  return printable(`${timeOfDay(at)} ${text.split('\n')[0]}`)
}

function roundText(event: Extract<NodeEvent, { event: 'round:ended' }>): string {
  const { round, loss, merged, waitedMs, bytes } = event

  return `round   ${round}: loss ${decimal(loss) ?? '-'}, merged ${merged}, waited ${milliseconds(waitedMs)}, sent ${formatBytes(bytes.sent)}`
}
