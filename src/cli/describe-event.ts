import { describeReachability } from '../node/discovery.ts'
import type { NodeEvent } from '../node/events.ts'
import {
  formatBytes,
  formatClasses,
  formatFixed,
  formatPercent,
  formatSeconds,
  shortHash,
  shortPeer
} from './format.ts'

/**
 * A node's event as a line for a person; undefined for those that would only be noise. It may have come as JSON, which
 * makes null of a number that is not finite.
 */
export function describeEvent(event: NodeEvent): string | undefined {
  switch (event.event) {
    case 'data:loaded':
      return `data    ${event.examples} examples of classes ${formatClasses(event.classCounts)}; model of ${event.dim} parameters`
    case 'node:listening':
    case 'reachability:changed':
      return [
        ...event.addresses.map((address) => `join    starling node job.yaml --join ${address}`),
        `reach   ${describeReachability(event.reachability)}`
      ].join('\n')
    case 'node:ready':
      return `ready   ${event.peer} on ${event.device}, in ${event.ms} ms`
    case 'peer:connected':
      return `peer    ${shortPeer(event.peer)} joined${event.path === 'relayed' ? ' through a relay: models off, SPSA on' : ''}`
    case 'peer:rerouted':
      return `peer    ${shortPeer(event.peer)} ${event.path === 'direct' ? 'needs no relay any more: models on' : 'needs a relay now: models off, SPSA on'}`
    case 'peer:disconnected':
      return `peer    ${shortPeer(event.peer)} left`
    case 'peer:rejected':
    case 'model:rejected':
      return `refused ${event.code} from ${shortPeer(event.peer)}`
    case 'peer:banned':
      return `banned  ${event.who} ${event.until === null ? 'until it is taken back' : `until ${event.until}`}${event.reason === '' ? '' : `: ${event.reason}`}`
    case 'peer:unbanned':
      return `banned  ${event.who} no more`
    case 'strangers:refused':
      return `refused ${Object.entries(event.counts)
        .map(([code, count]) => `${count} more with ${code}`)
        .join(', ')}`
    case 'node:resumed':
      return `resumed round ${event.round}, ${event.steps} steps, from ${event.path}${event.isSpent ? '; the budget is spent, and nothing is left to train: --resume never begins again' : ''}`
    case 'checkpoint:saved':
      return event.isLast ? `kept    round ${event.round} in ${event.path}, to go on from` : undefined
    // the log says so
    case 'checkpoint:failed':
    case 'checkpoint:refused':
      return undefined
    case 'job:mismatched':
      return `refused ${shortPeer(event.peer)} runs another job: ${event.differences.join('; ')}`
    case 'wait:expired':
      return `wait    gave up on ${event.what}${event.from.length === 0 ? '' : `: ${event.from.map(shortPeer).join(' ')}`}`
    case 'phase:started':
      return `phase   ${event.phase}`
    case 'model:aggregated':
      return `merged  aggregated ${event.merged} of ${event.expected} models of round ${event.round} after ${formatSeconds(event.waitedMs / 1000)}`
    case 'peer:scored':
      return `trust   ${shortPeer(event.peer)} ${event.excluded ? 'is left out' : 'counts again'} from round ${event.round}: ${event.reason}`
    case 'merge:fell-back':
      return `merged  round ${event.round}: ${event.have} models, the rule needs ${event.needed}: ${event.fallback === 'keep' ? 'kept the model it had' : 'took the mean'}`
    case 'merge:overflowed':
      return `merged  round ${event.round}: ${event.have} models, some so large that what came of them was no number: kept the model it had; look for an attacker, or for a learning rate that is too large`
    case 'model:merged':
      return `merged  round ${event.round} by ${event.policy}: ${describeLikeness(event)}`
    case 'replica:measured':
      return `replica set ${shortHash(event.setHash)}, model ${shortHash(event.modelHash)}: ${event.projections} projections, ${formatFixed(event.perSecond, 0)} a second; wrote ${formatBytes(event.payloadBytes)}`
    case 'author:voided':
      return `void    ${shortPeer(event.peer)} has signed two logs: nothing of it counts from projection ${event.place} on`
    case 'snapshot:adopted':
      return `replica began with a snapshot of ${event.projections} projections from ${shortPeer(event.peer)}, which ${event.vouchers} other peers vouch for`
    case 'journal:failed':
      return `warning ${event.code}: projections are not kept on disk; ${event.unpublished} of this node wait for it, unpublished, and at ${event.most} training waits too; look for a full disk or a folder without rights`
    case 'journal:mended':
      return `warning the disk has lost ${event.projections} projections of this node: its checkpoint has them, and they are kept again`
    case 'training:diverged':
      return 'train   diverged: went on from the model before; try a smaller learning rate, if nobody attacks'
    case 'fisher:overflowed':
      return `merge   ${event.round}: the Fisher information is beyond float32, so the own model counts for nothing; try a smaller learning rate`
    case 'member:changed':
      return `member  ${shortPeer(event.peer)} ${event.status === 'join' ? 'joined' : 'left'} the swarm, in about round ${event.round}`
    case 'model:evaluated':
      return `round   ${event.round}: accuracy ${formatPercent(event.accuracy)}, loss ${formatFixed(event.loss, 4)}, sent ${formatBytes(event.bytes.sent)}`
    case 'node:stopped':
      return `stopped (${event.reason}) after ${event.rounds} rounds, ${event.steps} steps; sent ${formatBytes(event.bytes.sent)}, received ${formatBytes(event.bytes.received)}`
    case 'round:ended':
      return undefined
  }
}

function describeLikeness({ factor, moved }: Extract<NodeEvent, { event: 'model:merged' }>): string {
  return [
    ...(factor === undefined ? [] : [`stretched by ${formatFixed(factor, 3)}`]),
    ...(moved === undefined ? [] : [`${formatPercent(moved)} of the hidden units moved`])
  ].join(', ')
}
