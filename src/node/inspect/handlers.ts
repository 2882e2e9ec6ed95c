import type { NodeHandlers } from '../control/dispatch.ts'
import type { NodeMetrics } from '../metrics/node-metrics.ts'
import { checkpointAtRest, dial, evaluateAtRest } from './acting.ts'
import { ban, bansOf, unban } from './bans.ts'
import type { InspectContext } from './context.ts'
import { Comparisons, modelsOf } from './models.ts'
import { peerOf, peersOf } from './peers.ts'
import { statusOf } from './status.ts'
import { topologyOf, viewOf } from './swarm.ts'
import { whyOf } from './why.ts'

/** Answers what clients of the control API ask of this node. */
export function createHandlers(context: InspectContext, metrics: NodeMetrics): NodeHandlers {
  const { memory, rates, operator, logBook } = context
  const comparisons = new Comparisons(context)
  const done = { done: true } as const

  return {
    status: () => statusOf(context),
    peers: () => peersOf(context),
    peer: ({ peer }) => peerOf(context, peer),
    topology: () => topologyOf(context),
    view: () => viewOf(context),
    rounds: ({ last }) => memory.rounds.last(last),
    scores: () => Array.from(memory.scores.entries(), ([peer, facts]) => ({ peer, ...facts })),
    why: () => whyOf(context),
    bytes: () => {
      const { sent: perSecondSent, received: perSecondReceived } = rates.read()
      const payload = memory.replica?.payloadBytes ?? null

      return { ...context.inside().network.traffic(), perSecondSent, perSecondReceived, payload }
    },
    models: () => modelsOf(context),
    compare: (ends, options) => comparisons.compare(ends, options),
    metrics: () => metrics.text(),
    config: () => [...context.settings],
    job: () => ({ ...context.inside().job }),
    bans: () => bansOf(context),
    logLevels: () => ({ ...logBook.levels }),
    pause: () => {
      operator.pause()

      return done
    },
    resume: () => {
      operator.resume()

      return done
    },
    checkpoint: (_, options) => checkpointAtRest(context, options),
    evaluate: (_, options) => evaluateAtRest(context, options),
    ban: (params) => ban(context, params),
    unban: async (params) => {
      await unban(context, params)

      return done
    },
    dial: (params, options) => dial(context, params, options),
    setLogLevel: ({ module, level }) => {
      logBook.setLevel(module, level)

      return done
    },
    stop: () => {
      // the answer goes first
      setImmediate(context.requestStop)

      return done
    }
  }
}
