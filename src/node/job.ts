import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { z } from 'zod'
import { InvalidConfigError } from '../interface/errors.ts'
import { parseMerge } from '../merge/registry.ts'
import { parseFilter } from '../robust/filters/registry.ts'
import { parseAggregator } from '../robust/registry.ts'
import { parseTopology } from '../sampling/topology.ts'
import { parsePartition } from '../train/data/partition-spec.ts'
import { parseDataSpec } from '../train/data/spec.ts'
import { isPeerId } from '../wire/peer-key.ts'
import { describeIssue } from './job-issue.ts'
import { keysOf } from './schema-keys.ts'

/** Gossip when no learner is named, so that a job can change one of its options alone. */
function named(input: unknown): unknown {
  return isRecord(input) && !('name' in input) ? { name: 'gossip', ...input } : input
}

function isRecord(input: unknown): input is object {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}

/** A text that one of our own parsers must accept; its error says what is wrong. */
function parsedBy(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
    }
  })
}

const positiveInt = (max: number) => z.int().min(1).max(max)

const model = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('linear') }),
  z.strictObject({ name: z.literal('mlp'), hidden: z.array(positiveInt(65_536)).max(16).exactOptional() }),
  z.strictObject({ name: z.literal('lenet') }),
  z.strictObject({
    name: z.literal('resnet8'),
    width: positiveInt(4096).exactOptional(),
    groups: positiveInt(4096).exactOptional()
  }),
  z.strictObject({
    name: z.literal('gpt'),
    layers: positiveInt(96).exactOptional(),
    width: positiveInt(16_384).exactOptional(),
    heads: positiveInt(128).exactOptional()
  })
])

const optimiser = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    momentum: z.number().min(0).lt(1).default(0.9),
    weightDecay: z.number().min(0).default(0)
  }),
  z.strictObject({
    name: z.literal('adamw'),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay: z.number().min(0).default(0.01)
  })
])

// short rounds keep skewed nodes from drifting apart between merges
const localSteps = positiveInt(1_000_000).default(10)
const topology = parsedBy(parseTopology)
/** Members that train in a round. */
const sample = positiveInt(1000).default(10)
// nine of ten: the round does not wait for its slowest node
const successFraction = z.number().gt(0).max(1).default(0.9)

/** How models are combined, where no robust rule does. */
const merge = parsedBy(parseMerge).default('mean')
/** A robust rule, or a chain of them, in place of the mean. */
const robust = parsedBy(parseAggregator).exactOptional()
/** Says first which models may count, or merges them itself. */
const filter = parsedBy(parseFilter).exactOptional()
/** What a round with too few updates for the rule does. */
const fallback = z.enum(['keep', 'mean']).default('keep')

const learner = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('gossip'),
    topology: topology.default('regular:4'),
    localSteps,
    settleRounds: z.int().min(0).max(1000).default(4),
    // three of four: models that wait for too few drift apart, and one slow neighbour costs nothing
    quorum: z.number().min(0).max(1).default(0.75),
    filter,
    merge,
    robust,
    fallback
  }),
  z.strictObject({
    name: z.literal('modest'),
    sample,
    /** Members that merge a round's models, each for itself; the first result counts. */
    aggregators: positiveInt(16).default(1),
    successFraction,
    localSteps,
    /** A member without a sign of life for so many rounds is not sampled. By the size of the swarm when left out. */
    activityWindow: positiveInt(1_000_000).exactOptional(),
    /** Hash that orders the members; md5 is that of the published code. */
    hash: z.enum(['sha256', 'md5']).default('sha256'),
    merge,
    robust,
    fallback
  }),
  z.strictObject({
    name: z.literal('dpsgd'),
    topology: topology.default('regular:4'),
    localSteps,
    filter,
    merge,
    robust,
    fallback
  }),
  z.strictObject({ name: z.literal('fedavg'), sample, successFraction, localSteps, filter, merge, robust, fallback }),
  z.strictObject({
    name: z.literal('spsa'),
    /** Directions in a step, measured on one batch. */
    queries: positiveInt(1024).default(1),
    /** How far to either side of the weights losses are measured. */
    epsilon: z.number().positive().max(1).default(1e-3),
    // slopes of the models that we know, with room on both sides; a byte is then off by at most 4.4 %
    range: z
      .strictObject({
        lo: z
          .number()
          .positive()
          .default(2 ** -10),
        hi: z
          .number()
          .positive()
          .default(2 ** 6)
      })
      .prefault({}),
    schedule: z.enum(['constant', 'linear', 'inverse-sqrt']).default('linear'),
    /** Fraction of the peak that the step size never falls below. */
    floor: z.number().min(0).max(1).default(0),
    /** Candidate directions that all share; a fresh one each time when left out. */
    pool: z
      .strictObject({
        size: positiveInt(65_536).default(4096),
        choice: z.enum(['uniform', 'weighted']).default('uniform')
      })
      .exactOptional(),
    /** Of the projections that peers have at one place, so many of the largest count as the next one. */
    trim: z.int().min(0).max(1000).default(0),
    /** Steps that an author may be ahead of the fastest, without as many as may be trimmed, and count. */
    lead: positiveInt(1_000_000).exactOptional(),
    /** Projections in a message. */
    batchProjections: positiveInt(512).default(32),
    /** Peers that must vouch for a snapshot, besides the one it comes from. */
    vouchers: z.int().min(1).max(64).default(2),
    /** Projections behind, from which on a snapshot is asked for. */
    snapshotFrom: positiveInt(1_000_000_000).default(20_000)
  })
])

const peerId = z
  .string()
  .max(64)
  .refine(isPeerId, { error: 'expected the id of a peer, 12D3KooW and 44 more characters: starling id prints it' })
/** Fits a job's 16 KiB. */
const MAX_ALLOWED = 200

/** Who belongs to the swarm; without this, everyone who has the job does. */
const membership = z
  .strictObject({
    /** Whose key signs invitations. */
    owner: peerId.exactOptional(),
    /** These need none; sorted, so that order makes no other job. */
    allow: z
      .array(peerId)
      .min(1, { error: 'expected at least one peer id' })
      .max(MAX_ALLOWED)
      .transform((peers) => [...new Set(peers)].sort())
      .exactOptional()
  })
  .refine(({ owner, allow }) => owner !== undefined || allow !== undefined, {
    error: 'expected owner, allow or both; leave membership out for an open swarm'
  })

/** What nodes begin with: one model drawn from the seed, one each, or that of a file, by its SHA-256. */
const start = z
  .union(
    [
      z.enum(['common', 'independent']),
      // `file` is where it lies on this machine; no part of what nodes agree on
      z.strictObject({
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'),
        file: z.string().min(1).max(4096).exactOptional()
      })
    ],
    { error: 'expected common, independent, file:PATH, or { sha256: 64 hex digits, file: PATH }' }
  )
  .default('common')

/**
 * Everything that nodes must agree on to train one model together. What
 * differs between them (addresses, device, folders, own data) is not here.
 */
const jobSchema = z.strictObject({
  name: z.string().max(64).default('starling'),
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  model: model.default({ name: 'mlp' }),
  start,
  /** What is trained and exchanged: all of the model, or its output layer alone, the rest frozen at the start. */
  trainable: z.enum(['all', 'head']).default('all'),
  data: z
    .strictObject({
      set: parsedBy(parseDataSpec).max(1024).default('glyphs'),
      partition: parsedBy(parsePartition).max(64).default('iid'),
      /** Into how many slices the training set is cut. */
      nodes: positiveInt(100_000).default(1)
    })
    .prefault({}),
  batchSize: positiveInt(65_536).default(32),
  optimiser: optimiser.prefault({ name: 'sgd' }),
  learningRate: z
    .strictObject({
      /** Depends on model and optimiser when left out. */
      peak: z.number().positive().max(100).exactOptional(),
      /** `cosine` follows the budget: `constant` where there is none. */
      schedule: z.enum(['constant', 'cosine']).exactOptional()
    })
    .prefault({}),
  learner: z.preprocess(named, learner).prefault({}),
  membership: membership.exactOptional(),
  budget: z
    .strictObject({
      rounds: positiveInt(0x7fff_ffff).exactOptional(),
      seconds: z.number().positive().max(31_536_000).exactOptional()
    })
    .prefault({}),
  evaluation: z
    .strictObject({
      /** Points on the curve over the run. */
      points: z.int().min(0).max(10_000).default(20),
      /** Test examples for such a point; the last evaluation takes all. */
      limit: positiveInt(10_000_000).default(1000)
    })
    .prefault({})
})

type ParsedJob = z.output<typeof jobSchema>
export type Job = ParsedJob & { learningRate: { peak: number; schedule: 'constant' | 'cosine' } }
export type LearnerSpec = Job['learner']
/** A job whose nodes exchange models. */
export type ModelJob = Job & { learner: Exclude<LearnerSpec, { name: 'spsa' }> }
/** A job whose nodes exchange projections, a byte each. */
export type ProjectionJob = Job & { learner: Extract<LearnerSpec, { name: 'spsa' }> }

export function isProjectionJob(job: Job): job is ProjectionJob {
  return job.learner.name === 'spsa'
}

export function isModelJob(job: Job): job is ModelJob {
  return !isProjectionJob(job)
}

/** A job as people write it: what is left out has a default. */
export type JobInput = Omit<z.input<typeof jobSchema>, 'learner' | 'start'> & {
  learner?: Partial<z.input<typeof learner>>
  /** `file:PATH` is for whoever reads the job to resolve. */
  start?: z.input<typeof start> | `file:${string}`
}

/**
 * Step sizes for who names none. Only two were chosen by trial, both on glyphs
 * with batches of 32: the MLP's (0.1 diverges on some nodes that know two
 * classes only, 0.07 did not on three seeds) and LeNet's. The others with SGD
 * saw one short run at most, those with AdamW none: they are customary values.
 */
const DEFAULT_PEAKS: Record<ParsedJob['optimiser']['name'], Record<ParsedJob['model']['name'], number>> = {
  sgd: { linear: 0.05, mlp: 0.07, lenet: 0.01, resnet8: 0.05, gpt: 0.1 },
  adamw: { linear: 0.001, mlp: 0.001, lenet: 0.001, resnet8: 0.002, gpt: 0.001 }
}

/**
 * Of projections, in place of gradients. Chosen by trial, for 16 nodes: that of the linear model, from its first model,
 * of 0.0025, 0.0035 and 0.005 by the test accuracy after 2,000 steps on Fashion-MNIST, one seed. The MLP's was seen
 * to work where it goes on from a trained model, and nothing else was tried; the others are smaller for larger models,
 * and were never tried. Fewer nodes want less: their mean is noisier.
 */
const PROJECTION_PEAKS: Record<ParsedJob['model']['name'], number> = {
  linear: 0.0025,
  mlp: 0.002,
  lenet: 0.001,
  resnet8: 0.0005,
  gpt: 0.0005
}

/** What a job says when its file says nothing; what depends on the rest is not in it. */
export const JOB_DEFAULTS: Readonly<ParsedJob> = Object.freeze(jobSchema.parse({}))

/** Every key of a job. */
export const JOB_KEYS = Object.freeze(keysOf(jobSchema))

/** Where it came from, for messages: a path, or "flags"; or the place of each key. */
export type JobSource = string | ((keys: readonly PropertyKey[]) => string)

/**
 * Checks a job and fills in the defaults.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, one line per problem, each with the key it is at
 */
export function resolveJob(input: unknown, source: JobSource): Job {
  const placeOf = typeof source === 'string' ? () => source : source
  const result = jobSchema.safeParse(input ?? {})
  if (!result.success) {
    const context = { input, keys: JOB_KEYS }
    const problems = result.error.issues.flatMap((issue) => describeIssue(issue, context))
    throw new InvalidConfigError(problems.map(({ at, text }) => `${placeOf(at)}: ${text}`).join('\n'))
  }

  const { learningRate, model, optimiser, start, trainable, budget } = result.data
  if (start === 'independent' && trainable === 'head') {
    throw new InvalidConfigError(
      `${placeOf(['trainable'])}: trainable: head wants one extractor for all nodes: with start: common, or one from a file`
    )
  }

  const peaks = result.data.learner.name === 'spsa' ? PROJECTION_PEAKS : DEFAULT_PEAKS[optimiser.name]
  const schedule = budget.rounds === undefined && budget.seconds === undefined ? 'constant' : 'cosine'

  return { ...result.data, learningRate: { peak: peaks[model.name], schedule, ...learningRate } }
}

/** The one text that stands for this job: RFC 8785 canonical JSON, without what is of this machine alone. */
export function canonicalJob({ start, ...job }: Job): string {
  const common = typeof start === 'string' ? start : { sha256: start.sha256 }

  return canonicalize({ starling: 1, ...job, start: common })!
}

/** SHA-256 of the canonical job, in hex: in every protocol name and topic. */
export function jobId(job: Job): string {
  return createHash('sha256').update(canonicalJob(job)).digest('hex')
}
