import type { MethodName, ResultOf } from '../../node/control/schema.ts'
import { drawCheckpoint, drawComparison, drawEvaluation, drawModels, drawRounds, drawWaits } from './learning.ts'
import { drawBytes, drawDial, drawTopology, drawView } from './network.ts'
import { drawBan, drawBans, drawPeer, drawPeers, drawScores } from './peers.ts'
import { printable } from './printable.ts'
import { drawConfig, drawJob, drawLogLevels } from './settings.ts'
import { drawStatus } from './status.ts'

type Drawings = { readonly [M in MethodName]: (result: ResultOf<M>) => string }

/** What a person sees of each method's result. */
const DRAWINGS: Drawings = {
  authenticate: () => 'the token is right',
  status: drawStatus,
  peers: drawPeers,
  peer: drawPeer,
  topology: drawTopology,
  view: drawView,
  rounds: drawRounds,
  scores: drawScores,
  why: drawWaits,
  bytes: drawBytes,
  models: drawModels,
  compare: drawComparison,
  metrics: (text) => text.trimEnd().split('\n').map(printable).join('\n'),
  config: drawConfig,
  job: drawJob,
  bans: drawBans,
  logLevels: drawLogLevels,
  methods: (rows) => rows.map(({ name, summary }) => `${name.padEnd(14)}${summary}`).join('\n'),
  subscribe: ({ subscription }) => `subscription ${subscription}`,
  unsubscribe: () => 'unsubscribed',
  pause: () => 'paused: trains no more after this round, until resume; peers are still served',
  resume: () => 'goes on training',
  checkpoint: drawCheckpoint,
  evaluate: drawEvaluation,
  ban: drawBan,
  unban: () => 'taken back: the peer may connect again',
  dial: drawDial,
  setLogLevel: () => 'changed',
  stop: () => 'stops: it writes a checkpoint and says goodbye to its peers'
}

/** What is said in place of a table without rows. */
const NOTHING: Partial<Record<MethodName, string>> = {
  peers: 'no peers are connected',
  view: 'no members are known: this learner keeps no view, or nobody else has joined yet',
  rounds: 'no round has ended yet',
  scores: 'nobody is judged: the job has no filter, or it has not come to a conclusion yet',
  why: 'waits for nothing',
  models: 'no model yet',
  config: 'no settings',
  bans: 'nobody is banned'
}

/** A result as text for a terminal of 100 columns, without a line break at its end. */
export function drawResult<M extends MethodName>(method: M, result: ResultOf<M>): string {
  if (Array.isArray(result) && result.length === 0) return NOTHING[method] ?? 'none'

  return (DRAWINGS[method] as (result: ResultOf<M>) => string)(result)
}
