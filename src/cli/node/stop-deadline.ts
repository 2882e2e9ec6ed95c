import { CodedError } from '../../interface/errors.ts'
import { describeWait, WaitRegister, WaitTimeoutError } from '../../interface/waits.ts'
import { systemClock } from '../../node/system-clock.ts'

export interface StopDeadlineInit {
  /** Register of the node, where what its stop waits for can be seen; undefined before there is one. */
  waits: () => WaitRegister | undefined
  graceMs: number
  /** The grace is over; ERR_STOP_TIMEOUT, with what was still waited for. */
  onLate: (error: CodedError) => void
}

/** Bounds how long a clean stop may take, whatever it hangs on. */
export class StopDeadline {
  readonly #init: StopDeadlineInit
  #end: (() => void) | undefined

  constructor(init: StopDeadlineInit) {
    this.#init = init
  }

  /** Idempotent: the first call counts. */
  begin(): void {
    if (this.#end !== undefined) return

    const { graceMs } = this.#init
    const waits = this.#init.waits() ?? new WaitRegister({ clock: systemClock })
    const spec = { kind: 'stop' as const, what: 'the node to stop cleanly', from: [], timeoutMs: graceMs }
    const stopped = new Promise<void>((resolve) => {
      this.#end = resolve
    })
    waits
      .run(spec, () => stopped)
      .catch((error: unknown) => {
        if (error instanceof WaitTimeoutError) this.#init.onLate(lateError(waits, graceMs))
      })
  }

  /** The node has stopped. */
  end(): void {
    this.#end?.()
  }
}

function lateError(waits: WaitRegister, graceMs: number): CodedError {
  const nowMs = systemClock.now()
  const open = waits.list().map((wait) => describeWait(wait, nowMs))
  const reason = open.length === 0 ? 'a training step under way, or a disk that does not answer' : open.join('; ')

  return new CodedError(
    'ERR_STOP_TIMEOUT',
    `not stopped within ${graceMs / 1000} s (--stop-seconds), so ended at once: ${reason}`
  )
}
