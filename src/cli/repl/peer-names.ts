import type { Control } from '../attach/control.ts'

/** How long an answer serves: Tab is pressed twice, and typed on. */
const FRESH_MS = 2_000
/** A key press is not to hang on a busy node. */
const TIMEOUT_MS = 1_000

/** Other nodes that can be named: connected ones, members that are known, those that are banned. For completion. */
export class PeerNames {
  readonly #control: Control
  readonly #self: string
  readonly #now: () => number
  #names: readonly string[] = []
  #askedMs = -Infinity

  constructor(control: Control, { self, now = Date.now }: { self: string; now?: () => number }) {
    this.#control = control
    this.#self = self
    this.#now = now
  }

  /** Never rejects: what can't be known now is left out. */
  readonly list = async (): Promise<readonly string[]> => {
    if (this.#now() - this.#askedMs < FRESH_MS) return this.#names

    const options = { timeoutMs: TIMEOUT_MS }
    const answers = await Promise.allSettled([
      this.#control.call('peers', {}, options),
      this.#control.call('view', {}, options),
      this.#control.call('models', {}, options),
      this.#control.call('bans', {}, options)
    ])
    const rows = answers.flatMap((answer): readonly { peer: string }[] =>
      answer.status === 'fulfilled' ? answer.value : []
    )
    this.#names = [...new Set(rows.map(({ peer }) => peer))].filter((peer) => peer !== this.#self).sort()
    this.#askedMs = this.#now()

    return this.#names
  }
}
