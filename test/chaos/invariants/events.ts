import type { Invariant, Watch } from '../watch.ts'

/** What nodes report can be believed: numbers are finite and make sense, and time does not run backwards. */
export function events(watch: Watch): Invariant {
  const newestMs = new Map<object, number>()

  return {
    onEvent: (life, event) => {
      const { index } = life
      for (const [key, value] of Object.entries(event)) {
        // a peer's model may be of a later round than ours
        const min = key === 'age' ? Number.NEGATIVE_INFINITY : 0
        if (typeof value === 'number' && !(Number.isFinite(value) && value >= min))
          watch.report('sane-events', index, `${event.event}: ${key} is ${value}`)
      }
      if (event.event === 'model:aggregated' && event.merged > event.expected) {
        watch.report('sane-events', index, `round ${event.round}: merged ${event.merged} of ${event.expected} expected`)
      }
      if ('ms' in event && event.event !== 'node:ready') {
        const beforeMs = newestMs.get(life) ?? 0
        if (event.ms < beforeMs)
          watch.report('sane-events', index, `${event.event} at ${event.ms} ms, after ${beforeMs} ms`)
        newestMs.set(life, event.ms)
      }
    }
  }
}
