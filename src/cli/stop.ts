/** Why a run was aborted; not a failure. */
export class StopRequest extends Error {
  override readonly name = 'StopRequest'
}

export interface StopInit {
  /** The second signal: do what must be done at once; the process ends right after. */
  onForce: () => void
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
export function stopOnSignals({ onForce, onStdinEnd }: StopInit): Stopping {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) {
      onForce()
      // not exit(): a training step under way would turn that into a crash report
      process.kill(process.pid, 'SIGKILL')
    }
    controller.abort(new StopRequest('stopped by a signal'))
  }
  const onUnread = (): void => controller.abort(new StopRequest('nobody reads the output'))
  const onEnd = (): void => controller.abort(new StopRequest('standard input ended'))

  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, onSignal)
  process.stdout.on('error', onUnread)
  if (onStdinEnd) process.stdin.on('end', onEnd).on('error', onEnd).resume()

  return {
    signal: controller.signal,
    request: (why) => controller.abort(new StopRequest(why)),
    release: () => {
      for (const name of signals) process.off(name, onSignal)
      process.stdout.off('error', onUnread)
      if (onStdinEnd) process.stdin.off('end', onEnd).off('error', onEnd).pause()
    }
  }
}
