/** One process of a daemon as it was seen, from its start to its end. Times are seconds of the run. */
export interface Life {
  readonly node: number
  readonly pid: number
  readonly bornSeconds: number
  /** When it said that it was ready. */
  readySeconds: number | undefined
  readonly samples: Sample[]
  /** Each time its round was seen to have grown. */
  readonly growth: { seconds: number; round: number }[]
  /** SIGSTOP to SIGCONT; open while it is stopped. */
  readonly pauses: { fromSeconds: number; toSeconds: number | undefined }[]
  /** What it was told to do at last. */
  order: { kind: 'crash' | 'leave'; seconds: number } | undefined
  end: { seconds: number; code: number | null; signal: string | null } | undefined
  /** Times that it was asked what it waits for. */
  looks: number
  /** What was noticed of it in passing. */
  readonly findings: Finding[]
}

/** What the system says of a process. */
export interface Sample {
  readonly seconds: number
  /** Resident memory. */
  readonly rssBytes: number
  readonly sockets: number
  /** Open descriptors that are no sockets. */
  readonly files: number
  /** So long it has waited for a processor, in all. */
  readonly starvedSeconds: number
}

/** A promise that was broken, with the evidence. */
export interface Finding {
  readonly promise: 'memory' | 'descriptors' | 'rounds' | 'waits' | 'answers' | 'endings' | 'leftovers'
  /** By which process; undefined when it was none alone. */
  readonly by?: Pick<Life, 'node' | 'pid'>
  readonly text: string
}

export function newLife(node: number, pid: number, bornSeconds: number): Life {
  return {
    node,
    pid,
    bornSeconds,
    readySeconds: undefined,
    samples: [],
    growth: [],
    pauses: [],
    order: undefined,
    end: undefined,
    looks: 0,
    findings: []
  }
}

/** How long it lived, or has lived. */
export function ageOf({ bornSeconds, end }: Life, nowSeconds: number): number {
  return (end?.seconds ?? nowSeconds) - bornSeconds
}

/** How long, of the time between two moments, it was ready to run and had no processor: as far as samples tell. */
export function starvedBetween({ samples }: Life, fromSeconds: number, toSeconds: number): number {
  const until = (moment: number): number => samples.findLast(({ seconds }) => seconds <= moment)?.starvedSeconds ?? 0

  return until(toSeconds) - until(fromSeconds)
}

/** Seconds from one moment to another in which the process was not stopped. */
export function awakeSeconds({ pauses }: Life, fromSeconds: number, toSeconds: number): number {
  const asleep = pauses.reduce((sum, pause) => {
    const overlap = Math.min(toSeconds, pause.toSeconds ?? toSeconds) - Math.max(fromSeconds, pause.fromSeconds)

    return sum + Math.max(0, overlap)
  }, 0)

  return toSeconds - fromSeconds - asleep
}

/** `node 3, process 4711: ...`. */
export function describeFinding({ promise, by, text }: Finding): string {
  return `${promise}: ${by === undefined ? '' : `node ${by.node}, process ${by.pid}: `}${text}`
}

/** Those that were not known: one of a kind is enough of a process. */
export function newFindings(findings: readonly Finding[], known: readonly Finding[]): Finding[] {
  const seen = new Set(known.map(keyOf))

  return findings.filter((finding) => {
    const key = keyOf(finding)
    if (seen.has(key)) return false
    seen.add(key)

    return true
  })
}

function keyOf({ promise, by, text }: Finding): string {
  return `${promise} ${by === undefined ? text : `${by.node} ${by.pid}`}`
}
