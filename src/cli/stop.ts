/** Why a run was aborted; not a failure. */
export class StopRequest extends Error {
  override readonly name = 'StopRequest'
}

export interface StopInit {
  /** The first request, for whatever reason. */
  onRequest?: (why: string) => void
  /** The second signal: do what must be done at once; the process ends right after. */
  onForce?: () => void
  /** End with the standard input too: whoever started us is gone. */
  onStdinEnd: boolean
}

export interface Stopping {
  signal: AbortSignal
  /** As the first signal does. */
  request: (why: string) => void
  release: () => void
}

/** Turns the first SIGINT, SIGTERM or SIGHUP, or an output that nobody reads, into an abort; the second signal into an end at once. */
export function stopOnSignals({ onRequest, onForce, onStdinEnd }: StopInit): Stopping {
  const controller = new AbortController()
  const request = (why: string): void => {
    if (controller.signal.aborted) return
    controller.abort(new StopRequest(why))
    onRequest?.(why)
  }
  const onSignal = (name: string): void => {
    if (controller.signal.aborted) {
      onForce?.()
      endAtOnce()
    }
    request(name)
  }
  const onUnread = (): void => request('nobody reads the output')
  const onEnd = (): void => request('standard input ended')

  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, onSignal)
  process.stdout.on('error', onUnread)
  if (onStdinEnd) process.stdin.on('end', onEnd).on('error', onEnd).resume()

  return {
    signal: controller.signal,
    request,
    release: () => {
      for (const name of signals) process.off(name, onSignal)
      process.stdout.off('error', onUnread)
      if (onStdinEnd) process.stdin.off('end', onEnd).off('error', onEnd).pause()
    }
  }
}

/** With the exit code that stands for it, 137. Not by exit(): a training step under way would turn that into a crash report. */
export function endAtOnce(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('killed')
}
