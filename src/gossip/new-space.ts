import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's space for new objects at the size that it has, a megabyte or two at the start of a process, for this
 * thread and all others. For processes that move models; call it first of all: what has grown shrinks late or never.
 *
 * Each piece of a model that arrives is a buffer outside the heap, freed when its small handle is collected: with much
 * space for new objects, tens of megabytes of dead pieces pile up behind a few kilobytes of handles. And under load V8
 * lets that space grow to 100 MB, minutes after the start, and shrinks it when it likes. Measured on daemons that share
 * two cores, after three minutes: 196 to 303 MB with projections and 311 to 372 MB with models; with this 202 to 218
 * and 279 to 299, for 5 % more processor time with the smallest of models.
 *
 * So little is collected at a time that helping threads cost more than they give, above all where they must wait for a
 * processor: so there are none.
 *
 * (`--scavenger-max-new-space-capacity-mb` is read before any of our code runs.)
 */
export function keepNewSpaceSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-parallel-scavenge')
}
