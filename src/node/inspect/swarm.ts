import type { KnownMember } from '../../interface/learner.ts'
import type { ResultOf } from '../control/schema.ts'
import type { Job } from '../job.ts'
import type { InspectContext } from './context.ts'
import { toldRounds } from './peers.ts'

/** Who exchanges with whom, as this node sees it. */
export function topologyOf(context: InspectContext): ResultOf<'topology'> {
  const { job, learner } = context.inside()

  return {
    topology: topologyText(job),
    members: viewOf(context).filter(({ status }) => status === 'join').length,
    neighbours: [...(learner?.inspect().neighbours ?? [])]
  }
}

/** The members that the protocol knows of; where it keeps no view, who is connected. */
export function viewOf(context: InspectContext): ResultOf<'view'> {
  const { network, learner } = context.inside()
  const connected = new Set([network.self, ...network.peers()])
  const members = learner?.inspect().members ?? connectedMembers(context, connected)

  return Array.from(members, (member) => ({ ...member, isConnected: connected.has(member.peer) }))
}

/** Of whom a node that keeps no view knows the newest round that they told of. */
function connectedMembers(context: InspectContext, connected: ReadonlySet<string>): KnownMember[] {
  const { network, learner } = context.inside()
  const rounds = toldRounds(context)
  if (learner !== undefined) rounds.set(network.self, learner.status.round)

  return Array.from(connected, (peer) => ({ peer, status: 'join', lastActive: rounds.get(peer) ?? -1 }))
}

function topologyText({ learner }: Job): string {
  switch (learner.name) {
    case 'gossip':
    case 'dpsgd':
      return learner.topology
    case 'modest':
      return `sample:${learner.sample}`
    case 'fedavg':
      return 'server'
    case 'spsa':
      return 'full'
  }
}
