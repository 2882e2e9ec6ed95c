/** Whoever starts it stops it. Both are idempotent, and `stop` is safe before `start`. */
export interface Startable {
  start(): Promise<void>
  stop(): Promise<void>
}

/** Last parameter of everything that can take a while. */
export interface AbortOptions {
  signal?: AbortSignal
}
