import { CodedError } from '../../interface/errors.ts'
import type { NodeHandlers } from '../control/dispatch.ts'
import type { InspectContext } from './context.ts'
import { peerOf, peersOf } from './peers.ts'
import { statusOf } from './status.ts'
import { whyOf } from './why.ts'

/** Answers what clients of the control API ask of this node. */
export function createHandlers(context: InspectContext): NodeHandlers {
  const { memory, rates } = context
  const done = { done: true } as const

  return {
    status: () => statusOf(context),
    peers: () => peersOf(context),
    peer: ({ peer }) => peerOf(context, peer),
    topology: unavailable,
    view: unavailable,
    rounds: ({ last }) => memory.rounds.last(last),
    scores: () => Array.from(memory.scores.entries(), ([peer, facts]) => ({ peer, ...facts })),
    why: () => whyOf(context),
    bytes: () => {
      const { sent: perSecondSent, received: perSecondReceived } = rates.read()
      const payload = memory.replica?.payloadBytes ?? null

      return { ...context.inside().network.traffic(), perSecondSent, perSecondReceived, payload }
    },
    models: unavailable,
    compare: unavailable,
    metrics: unavailable,
    config: unavailable,
    job: () => ({ ...context.inside().job }),
    bans: unavailable,
    logLevels: unavailable,
    pause: unavailable,
    resume: unavailable,
    checkpoint: unavailable,
    evaluate: unavailable,
    ban: unavailable,
    unban: unavailable,
    dial: unavailable,
    setLogLevel: unavailable,
    stop: () => {
      // the answer goes first
      setImmediate(context.requestStop)

      return done
    }
  }
}

function unavailable(): never {
  throw new CodedError('ERR_CONTROL_UNAVAILABLE', 'this node cannot answer that')
}
