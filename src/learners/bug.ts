/**
 * Is this a mistake in a program? Everything else that an exchange with a peer ends with is the other side's doing, or
 * the line's, and no reason to end: connections that break may surface as errors of the transport.
 */
export function isBug(error: unknown): boolean {
  return error instanceof ReferenceError || error instanceof TypeError
}
