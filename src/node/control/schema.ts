import { z } from 'zod'
import { NODE_EVENTS } from '../events.ts'
import { PHASES } from '../inspect/phase.ts'
import {
  bannable,
  banRow,
  bytes,
  evaluation,
  layerComparison,
  logLevel,
  memberRow,
  modelOwner,
  modelRow,
  peerId,
  peerRow,
  roundRow,
  scoreRow,
  waitRow
} from './shapes.ts'

/**
 * The control API: one table of methods from which the server's checks, the client's types, the commands, the REPL and
 * `docs/API.md` come. JSON-RPC 2.0; each method takes named params, of which unknown ones are refused. Results may get
 * more fields in later versions: a client ignores those it does not know. Whoever may open the socket may call
 * everything: `access` says what changes the node, so that a client can keep itself from it.
 */
export interface MethodSpec<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  /** One line for lists of methods. */
  readonly summary: string
  readonly access: 'read' | 'act'
  readonly params: P
  readonly result: R
}

function method<P extends z.ZodType, R extends z.ZodType>(spec: MethodSpec<P, R>): MethodSpec<P, R> {
  return spec
}

const none = z.strictObject({})
const done = z.object({ done: z.literal(true) })

export const METHODS = {
  /** Over TCP only, where it comes first; a Unix socket is guarded by its mode. */
  authenticate: method({
    summary: 'over TCP, before anything else: say the token',
    access: 'read',
    params: z.strictObject({ token: z.string().max(256) }),
    result: done
  }),
  status: method({
    summary: 'where the node stands',
    access: 'read',
    params: none,
    result: z.object({
      peer: z.string(),
      name: z.string(),
      jobId: z.string(),
      version: z.string(),
      pid: z.int(),
      startedAt: z.iso.datetime(),
      uptimeSeconds: z.number(),
      learner: z.string(),
      phase: z.enum(PHASES),
      isPaused: z.boolean(),
      round: z.int(),
      steps: z.int(),
      device: z.string().nullable(),
      examples: z.int().nullable(),
      peers: z.int(),
      evaluation: evaluation.nullable(),
      reachability: z.string().describe('how others can reach this node'),
      addresses: z.array(z.string()),
      dataDir: z.string().nullable(),
      checkpoint: z.object({ round: z.int(), at: z.iso.datetime(), path: z.string() }).nullable(),
      setHash: z.string().nullable().describe('of the projections that this node holds, where it holds any'),
      modelHash: z.string().nullable(),
      bytes,
      waits: z.int()
    })
  }),
  peers: method({
    summary: 'the connected peers',
    access: 'read',
    params: none,
    result: z.array(peerRow)
  }),
  /** The fields of the connection are null where there is none: a peer may be known that has left, or is shut out. */
  peer: method({
    summary: 'all that is known of one peer, connected or not',
    access: 'read',
    params: z.strictObject({ peer: peerId }),
    result: peerRow.extend({
      agent: z.string().nullable().describe('as in peers; like the next four, null where it is not connected'),
      address: peerRow.shape.address.nullable(),
      direction: peerRow.shape.direction.nullable(),
      path: peerRow.shape.path.nullable(),
      connectedSeconds: peerRow.shape.connectedSeconds.nullable(),
      addresses: z.array(z.string()),
      reason: z.string().nullable(),
      ban: banRow.nullable()
    })
  }),
  topology: method({
    summary: 'who exchanges with whom, as this node sees it',
    access: 'read',
    params: none,
    result: z.object({ topology: z.string(), members: z.int(), neighbours: z.array(z.string()) })
  }),
  view: method({
    summary: 'the members of the swarm that this node knows',
    access: 'read',
    params: none,
    result: z.array(memberRow)
  }),
  rounds: method({
    summary: 'the last rounds',
    access: 'read',
    params: z.strictObject({ last: z.int().min(1).max(1000).default(10).describe('how many') }),
    result: z.array(roundRow)
  }),
  scores: method({
    summary: 'how far each peer is trusted, and why',
    access: 'read',
    params: none,
    result: z.array(scoreRow)
  }),
  why: method({
    summary: 'what the node waits for, from whom, since when and until when',
    access: 'read',
    params: none,
    result: z.array(waitRow)
  }),
  bytes: method({
    summary: 'bytes on the wire since the start',
    access: 'read',
    params: none,
    result: bytes.extend({
      perSecondSent: z.number(),
      perSecondReceived: z.number(),
      payload: z.int().nullable().describe('projections written, a byte each; null with learners of models')
    })
  }),
  models: method({
    summary: 'the last model of each peer, by hash',
    access: 'read',
    params: none,
    result: z.array(modelRow)
  }),
  compare: method({
    summary: 'distance and cosine of two last models, layer by layer',
    access: 'read',
    params: z.strictObject({ a: modelOwner, b: modelOwner }),
    result: z.object({
      a: modelRow,
      b: modelRow,
      distance: z.number(),
      cosine: z.number().nullable(),
      layers: z.array(layerComparison)
    })
  }),
  metrics: method({
    summary: "all metrics, in Prometheus' text format",
    access: 'read',
    params: none,
    result: z.string()
  }),
  config: method({
    summary: 'every setting of the node, and where it comes from',
    access: 'read',
    params: none,
    result: z.array(z.object({ key: z.string(), value: z.string(), origin: z.string() }))
  }),
  job: method({
    summary: 'the job, with all defaults filled in',
    access: 'read',
    params: none,
    result: z.record(z.string(), z.unknown())
  }),
  bans: method({
    summary: 'peers that are banned',
    access: 'read',
    params: none,
    result: z.array(banRow)
  }),
  logLevels: method({
    summary: 'level of each part of the log',
    access: 'read',
    params: none,
    result: z.record(z.string(), logLevel)
  }),
  methods: method({
    summary: 'this list',
    access: 'read',
    params: none,
    result: z.array(z.object({ name: z.string(), access: z.enum(['read', 'act']), summary: z.string() }))
  }),
  /** From then on the connection brings notifications `event` with `{ at, event }`, until it closes or unsubscribes. */
  subscribe: method({
    summary: 'stream events, all or those named',
    access: 'read',
    params: z.strictObject({ events: z.array(z.enum(NODE_EVENTS)).max(64).default([]) }),
    result: z.object({ subscription: z.int() })
  }),
  unsubscribe: method({
    summary: 'end a stream of events',
    access: 'read',
    params: z.strictObject({ subscription: z.int() }),
    result: done
  }),
  pause: method({
    summary: 'train no more after this round, until resume; peers are still served',
    access: 'act',
    params: none,
    result: done
  }),
  resume: method({ summary: 'go on training', access: 'act', params: none, result: done }),
  checkpoint: method({
    summary: 'write a checkpoint at the next rest',
    access: 'act',
    params: none,
    result: z.object({ path: z.string(), round: z.int() })
  }),
  evaluate: method({
    summary: 'measure the model on the whole test set at the next rest',
    access: 'act',
    params: none,
    result: evaluation.extend({ examples: z.int() })
  }),
  ban: method({
    summary: 'shut a peer out, for so many seconds or until unban',
    access: 'act',
    params: z.strictObject({
      peer: bannable,
      reason: z.string().max(200).default('').describe('for whoever reads the list of bans'),
      seconds: z.number().positive().max(3_153_600_000).optional().describe('how long; without it, until unban')
    }),
    result: banRow
  }),
  unban: method({
    summary: 'take a ban back',
    access: 'act',
    params: z.strictObject({ peer: bannable }),
    result: done
  }),
  dial: method({
    summary: 'connect to an address, and remember it',
    access: 'act',
    params: z.strictObject({
      address: z.string().max(256).describe('a multiaddr, as its node prints it after --join')
    }),
    result: z.object({ peer: z.string() })
  }),
  setLogLevel: method({
    summary: 'change the level of one part of the log, or of all',
    access: 'act',
    params: z.strictObject({
      module: z.string().max(64).default('all').describe('part of the log'),
      level: logLevel.describe('from here on up')
    }),
    result: done
  }),
  stop: method({
    summary: 'stop the node: checkpoint, say goodbye, end',
    access: 'act',
    params: none,
    result: done
  })
} as const

/** What the node sends of itself to whoever subscribed. */
export const NOTIFICATIONS = {
  event: {
    summary: 'something happened',
    params: z.object({
      subscription: z.int(),
      at: z.iso.datetime(),
      event: z.looseObject({ event: z.string() })
    })
  },
  dropped: {
    summary: 'so many events were left out, because the client read too slowly',
    params: z.object({ subscription: z.int(), events: z.int() })
  }
} as const

export type Methods = typeof METHODS
export type MethodName = keyof Methods
/** As a caller writes it: what has a default may be left out. */
export type ParamsOf<M extends MethodName> = z.input<Methods[M]['params']>
/** As a handler gets it: checked, with the defaults filled in. */
export type CheckedParamsOf<M extends MethodName> = z.output<Methods[M]['params']>
export type ResultOf<M extends MethodName> = z.output<Methods[M]['result']>
