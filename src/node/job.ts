import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { z } from 'zod'
import { InvalidConfigError } from '../interface/errors.ts'
import { parseTopology } from '../sampling/topology.ts'
import { describeIssue } from './job-issue.ts'

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
  z.strictObject({ name: z.literal('mlp'), hidden: z.array(positiveInt(65_536)).max(16).optional() }),
  z.strictObject({ name: z.literal('lenet') }),
  z.strictObject({ name: z.literal('resnet8') }),
  z.strictObject({
    name: z.literal('gpt'),
    layers: positiveInt(96).optional(),
    width: positiveInt(16_384).optional(),
    heads: positiveInt(128).optional()
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

const learner = z.strictObject({
  name: z.literal('gossip').default('gossip'),
  topology: parsedBy(parseTopology).default('regular:4'),
  // short rounds keep skewed nodes from drifting apart between merges
  localSteps: positiveInt(1_000_000).default(10),
  settleRounds: z.int().min(0).max(1000).default(4),
  // half of the neighbours: any smaller number of slow peers costs nothing
  quorum: z.number().min(0).max(1).default(0.5)
})

/**
 * Everything that nodes must agree on to train one model together. What
 * differs between them (addresses, device, folders, own data) is not here.
 */
const jobSchema = z.strictObject({
  name: z.string().max(64).default('starling'),
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  model: model.default({ name: 'mlp' }),
  data: z
    .strictObject({
      set: z.string().min(1).max(1024).default('glyphs'),
      partition: z.string().max(64).default('iid'),
      /** Into how many slices the training set is cut. */
      nodes: positiveInt(100_000).default(1)
    })
    .prefault({}),
  batchSize: positiveInt(65_536).default(32),
  optimiser: optimiser.prefault({ name: 'sgd' }),
  learningRate: z
    .strictObject({
      peak: z.number().positive().max(100).default(0.05),
      schedule: z.enum(['constant', 'cosine']).default('cosine')
    })
    .prefault({}),
  learner: learner.prefault({}),
  budget: z
    .strictObject({
      rounds: positiveInt(0x7fff_ffff).optional(),
      seconds: z.number().positive().max(31_536_000).optional()
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

export type Job = z.output<typeof jobSchema>
/** A job as people write it: what is left out has a default. */
export type JobInput = z.input<typeof jobSchema>

/**
 * Checks a job and fills in the defaults.
 *
 * @param source - where it came from, for the message: a path, or "flags"
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, one line per problem, each with the key it is at
 */
export function resolveJob(input: unknown, source: string): Job {
  const result = jobSchema.safeParse(input ?? {})
  if (!result.success) {
    throw new InvalidConfigError(result.error.issues.map((issue) => `${source}: ${describeIssue(issue)}`).join('\n'))
  }

  return result.data
}

/** The one text that stands for this job: RFC 8785 canonical JSON. */
export function canonicalJob(job: Job): string {
  return canonicalize({ starling: 1, ...job })!
}

/** SHA-256 of the canonical job, in hex: in every protocol name and topic. */
export function jobId(job: Job): string {
  return createHash('sha256').update(canonicalJob(job)).digest('hex')
}

/** Longest value shown of a difference: theirs comes from a peer. */
const MAX_SHOWN = 60

/**
 * Names what differs between two canonical jobs: `data.partition: ours "iid", theirs "classes:2"`.
 * Theirs is a peer's text: anything that is not a job is said to be so, and values are cut short.
 */
export function compareJobs(ours: Job, theirJson: string): string[] {
  let theirs: Job
  try {
    const { starling: _version, ...rest } = JSON.parse(theirJson) as Record<string, unknown>
    theirs = resolveJob(rest, 'theirs')
  } catch {
    return ['theirs is not a job that this version understands']
  }
  const [a, b] = [flatten(ours), flatten(theirs)]
  const keys = [...new Set([...a.keys(), ...b.keys()])].sort()
  const differing = keys.filter((key) => a.get(key) !== b.get(key))

  return differing.map((key) => `${key}: ours ${shown(a.get(key))}, theirs ${shown(b.get(key))}`)
}

function shown(value: string | undefined): string {
  if (value === undefined) return 'absent'

  return value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}...` : value
}

function flatten(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path === '' ? key : `${path}.${key}`, into)
  } else into.set(path, JSON.stringify(value))

  return into
}
