import { readFileSync } from 'node:fs'
import { InvalidConfigError } from '../interface/errors.ts'
import { churnFile, parseChurn } from '../sim/churn-spec.ts'
import { DEFAULT_LINKS, latencyFile, parseBandwidth, parseLatency } from '../sim/link-spec.ts'
import type { ByzantineNode } from './byzantine.ts'
import type { SimulationSpec } from './simulation-types.ts'

/** What a person may say of a simulated world, as typed; what is left out has a default. */
export interface SimulationFlags {
  latency?: string
  bandwidth?: string
  loss?: string
  duplication?: string
  reordering?: string
  /** FRACTION:FACTOR */
  slow?: string
  stepMs?: string
  churn?: readonly string[]
  /** @default true */
  train?: boolean
  /** Attackers see all honest models of the moment. @default false */
  omniscient?: boolean
}

/** Of a small model on one core. */
const DEFAULT_STEP_MS = 5
/** An hour: longer is a mistake in the unit. */
const MAX_STEP_MS = 3_600_000
const MAX_FACTOR = 10_000
/** Neither a matrix of latencies nor a trace of churn needs more; a wrong path may lead to a file of any size. */
const MAX_FILE_CHARS = 16_777_216

/**
 * Checks what was said of a simulated world and fills in the defaults. Reads the files that it names.
 *
 * @param byzantine - who attacks
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, a line with the flag, the value and what would be right
 */
export function resolveSimulation(flags: SimulationFlags, byzantine: ByzantineNode[] = []): SimulationSpec {
  const { latency, bandwidth, omniscient = false } = flags
  if (omniscient && byzantine.length === 0) {
    throw new InvalidConfigError('--omniscient: says what Byzantine nodes know; add some, with --byzantine 2:alie say')
  }

  return {
    links: {
      ...DEFAULT_LINKS,
      ...(latency === undefined ? {} : { latency: at('--latency', latency, readLatency) }),
      ...(bandwidth === undefined ? {} : { bytesPerSecond: at('--bandwidth', bandwidth, parseBandwidth) }),
      loss: fraction('--loss', flags.loss ?? '0'),
      duplication: fraction('--duplication', flags.duplication ?? '0'),
      reordering: fraction('--reordering', flags.reordering ?? '0')
    },
    churn: (flags.churn ?? []).flatMap((text) => at('--churn', text, readChurn)),
    slow: slowNodes(flags.slow),
    stepMs: numberWithin('--step-ms', flags.stepMs ?? `${DEFAULT_STEP_MS}`, 0, MAX_STEP_MS),
    train: flags.train ?? true,
    ...(byzantine.length === 0 ? {} : { byzantine: { nodes: byzantine, omniscient } })
  }
}

function readLatency(text: string): SimulationSpec['links']['latency'] {
  const path = latencyFile(text)

  return path === undefined ? parseLatency(text) : parseLatency(text, readText(path))
}

function readChurn(text: string): SimulationSpec['churn'] {
  const path = churnFile(text)

  return path === undefined ? parseChurn(text) : parseChurn(text, readText(path))
}

function readText(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message
    throw new InvalidConfigError(`${path}: ${reason}`, {}, { cause })
  }
  if (text.length > MAX_FILE_CHARS) throw new InvalidConfigError(`${path}: more than ${MAX_FILE_CHARS} characters`)

  return text
}

function slowNodes(text: string | undefined): SimulationSpec['slow'] {
  if (text === undefined) return { fraction: 0, factor: 1 }
  const [share = '', factor = '', ...more] = text.split(':')
  if (factor === '' || more.length > 0) {
    throw new InvalidConfigError(
      `--slow ${text}: expected FRACTION:FACTOR, such as 0.1:4 for a tenth at a quarter speed`
    )
  }

  return {
    fraction: numberWithin('--slow', share, 0, 1, text),
    factor: numberWithin('--slow', factor, 1, MAX_FACTOR, text)
  }
}

function fraction(flag: string, text: string): number {
  return numberWithin(flag, text, 0, 1)
}

function numberWithin(flag: string, text: string, min: number, max: number, whole = text): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= min && value <= max)) {
    throw new InvalidConfigError(`${flag} ${whole}: "${text}" is not a number from ${min} to ${max}`)
  }

  return value
}

/** Says which flag a parser's complaint is about. */
function at<T>(flag: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text)
  } catch (cause) {
    if (!(cause instanceof InvalidConfigError)) throw cause
    throw new InvalidConfigError(`${flag}: ${cause.message}`, cause.details, { cause })
  }
}
