/** Bounds of what clients can ask of a node: all of them are its owner, but a program of the owner's can run wild too. */
export interface ControlLimits {
  /** Attached at once. */
  readonly maxConnections: number
  /** Of one line. */
  readonly maxLineBytes: number
  /** Of one connection, without an answer yet. */
  readonly maxInFlight: number
  /** Of one connection. */
  readonly maxSubscriptions: number
  /** Answers that a client has not read; until it has, no more requests of it are, and further answers wait. */
  readonly maxUnreadBytes: number
  /** For it to read them; then it is let go. */
  readonly readMs: number
  /** Unread bytes from which events are left out. */
  readonly maxEventBacklogBytes: number
  /** For the token, over TCP. */
  readonly authenticateMs: number
  /** For a client to take the last answers when the node stops. */
  readonly closeMs: number
}

export const DEFAULT_CONTROL_LIMITS: ControlLimits = Object.freeze({
  maxConnections: 16,
  maxLineBytes: 64 * 1024,
  maxInFlight: 64,
  maxSubscriptions: 8,
  maxUnreadBytes: 1024 * 1024,
  readMs: 60_000,
  maxEventBacklogBytes: 256 * 1024,
  authenticateMs: 5_000,
  closeMs: 1_000
})
