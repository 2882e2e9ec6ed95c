/**
 * Starts a stopwatch on real time, in milliseconds. For measuring this
 * machine's hardware only: nothing that a learner decides or a run records
 * may depend on it, so it is not the `Clock` that learners are given.
 */
export function startStopwatch(): () => number {
  const start = process.hrtime.bigint()

  return () => Number(process.hrtime.bigint() - start) / 1e6
}
