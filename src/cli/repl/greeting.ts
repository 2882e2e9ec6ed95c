import type { ResultOf } from '../../node/control/schema.ts'
import { shortHash, shortPeer } from '../format.ts'
import { printable } from '../tables/printable.ts'
import { counted, duration } from '../tables/values.ts'

type Status = ResultOf<'status'>

/** What is said when a prompt opens. */
export function greeting(status: Status, { canWrite }: { canWrite: boolean }): string {
  const { peer, name, jobId, learner, round, peers, pid, uptimeSeconds } = status
  const job = name === '' ? shortHash(jobId) : `${name} ${shortHash(jobId)}`

  return [
    printable(
      `attached to ${shortPeer(peer)}: job ${job}, ${learner}, round ${round}, ${counted(peers, 'peer')}; ` +
        `pid ${pid}, up ${duration(uptimeSeconds)}`
    ),
    canWrite
      ? 'it can be changed from here; .help lists what there is'
      : 'for reading only (--write lifts that); .help lists what there is'
  ].join('\n')
}

/** Which node, and whether it can be changed. */
export function promptText({ peer }: Pick<Status, 'peer'>, { canWrite }: { canWrite: boolean }): string {
  return `${shortPeer(peer)}${canWrite ? ' write' : ''}> `
}
