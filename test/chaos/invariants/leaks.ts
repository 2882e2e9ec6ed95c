import type { Invariant, Watch } from '../watch.ts'

/** A learner that has ended, in whatever way, leaves nothing behind; and every node comes to its end. */
export function leaks(watch: Watch): Invariant {
  return {
    onEvent: (life, event) => {
      if (event.event !== 'node:stopped') return
      // now, as stopping the machine takes some of it away
      life.left = life.node.host.leaks()
      for (const [what, count] of Object.entries(life.left)) {
        if (count > 0) watch.report('leaves-nothing', life.index, `${count} ${what} left at its end (${event.reason})`)
      }
      const waits = life.node.waits.list()
      if (waits.length > 0) watch.report('leaves-nothing', life.index, `still waits for ${waits[0]!.what} at its end`)
    },
    atEnd: () => {
      for (const { isSettled, index, node } of watch.past) {
        if (!isSettled) watch.report('leaves-nothing', index, `its run is pending, though it ${node.end ?? 'runs'}`)
        const waits = node.waits.list()
        if (waits.length > 0)
          watch.report('leaves-nothing', index, `${waits.length} waits are open after its end: ${waits[0]!.what}`)
      }
    }
  }
}
