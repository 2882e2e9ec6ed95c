/** Somebody whom the operator has shut out. Times are Unix time in ms. */
export interface Ban {
  /** A peer id, or an IP address. */
  readonly who: string
  /** In the operator's words; may be empty. */
  readonly reason: string
  readonly sinceMs: number
  /** Null: until it is taken back. */
  readonly untilMs: number | null
}
