import type { Peer } from '../interface/network.ts'
import type { Hello } from '../wire/hello-codec.ts'
import type { HelloStage } from './hello-service.ts'

export interface OwnHelloComponents {
  /** Where others can reach us, at this moment. */
  addresses: () => readonly string[]
  /** Addresses of our peers, to tell one of them. */
  known: (to: Peer) => readonly string[]
  /** Whether everyone belongs to the swarm. */
  isOpen: boolean
  /** Ours, where the job asks for one. */
  invitation: Uint8Array | undefined
}

/**
 * What we say of ourselves first, to whom. Who is refused hears which job this is and why, and no address; where not
 * everyone belongs to the swarm, nobody hears of its members before having proved to be one.
 */
export function createOwnHello(
  { jobId, jobJson, agent }: Pick<Hello, 'jobId' | 'jobJson' | 'agent'>,
  { addresses, known, isOpen, invitation }: OwnHelloComponents
): (to: Peer, stage: HelloStage) => Hello {
  const shown = invitation === undefined ? {} : { invitation }

  return (to, stage) => {
    if (typeof stage === 'object') return { jobId, jobJson, agent, listen: [], known: [], refusal: stage.refusal }

    return {
      ...{ jobId, jobJson, agent, ...shown },
      listen: addresses(),
      known: isOpen || stage === 'passed' ? known(to) : []
    }
  }
}
