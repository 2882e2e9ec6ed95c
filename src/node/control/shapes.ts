/** What methods of the control API ask for and answer with, several of them or at some length. */
import { z } from 'zod'
import { WAIT_KINDS } from '../../interface/waits.ts'

/** `format` tells clients that peers can be offered for it. */
export const peerId = z
  .string()
  .min(1)
  .max(64)
  .meta({ format: 'peer', description: 'a peer id, or an end of one that fits a single peer' })
export const bannable = peerId.meta({
  format: 'peer-or-address',
  description: 'a peer id, an end of one that is known, or an IP address'
})
export const modelOwner = peerId.meta({ format: 'peer-or-self', description: 'whose: as for a peer, or self' })
export const bytes = z.object({ sent: z.int(), received: z.int() })
const accuracy = z.number().min(0).max(1)

/** Null where it is not finite, which JSON cannot say. */
const finite = z.number().nullable()

export const evaluation = z.object({
  round: z.int(),
  accuracy,
  loss: finite,
  at: z.iso.datetime().describe("of the node's clock")
})

export const peerRow = z.object({
  peer: z.string(),
  agent: z.string().describe('program and version, as it says itself'),
  address: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  path: z.enum(['direct', 'relayed']).describe('`relayed`: carries control and projections, no models'),
  connectedSeconds: z.number(),
  round: z.int().nullable().describe('newest round that it announced; null before the first'),
  score: z.number().min(0).max(1).nullable().describe('from 0, distrusted, to 1; null where no filter judges'),
  excluded: z.boolean(),
  lag: z.int().nullable().describe('projections that its log is behind the longest; null with other learners'),
  rejections: z.int().describe('times that something it sent was refused'),
  lastRejection: z.string().nullable().describe('code of the last of these'),
  latencyMs: z.number().nullable()
})

export const waitRow = z.object({
  kind: z.enum(WAIT_KINDS),
  text: z.string().describe('all of it in a sentence, as the log has it'),
  what: z.string(),
  from: z.array(z.string()),
  sinceSeconds: z.number(),
  deadlineInSeconds: z.number()
})

export const roundRow = z.object({
  round: z.int(),
  at: z.iso.datetime(),
  seconds: z.number(),
  loss: z.number().nullable(),
  merged: z.int(),
  waitedMs: z.number(),
  accuracy: accuracy.nullable()
})

export const scoreRow = z.object({
  peer: z.string(),
  score: z.number().nullable(),
  excluded: z.boolean(),
  round: z.int().nullable(),
  reason: z.string()
})

export const modelRow = z.object({
  peer: z.string(),
  isSelf: z.boolean(),
  round: z.int().nullable(),
  hash: z.string().describe("SHA-256 of the encoded model, or of a replica's integer state"),
  bytes: z.int().nullable()
})

export const banRow = z.object({
  peer: z.string(),
  reason: z.string(),
  since: z.iso.datetime(),
  until: z.iso.datetime().nullable().describe('null: until it is taken back')
})

export const memberRow = z.object({
  peer: z.string(),
  status: z.enum(['join', 'leave']),
  lastActive: z.int(),
  isConnected: z.boolean()
})

export const layerComparison = z.object({
  layer: z.string(),
  parameters: z.int(),
  distance: z.number().describe('euclidean'),
  cosine: z.number().nullable().describe('null where one of the two is all zero')
})

export const logLevel = z.enum(['silent', 'error', 'warn', 'info', 'debug'])
