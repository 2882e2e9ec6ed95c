/** The flags of `sim` that are not part of the job: what the simulated world is like. */
export interface WorldFlags {
  latency?: string
  bandwidth?: string
  loss?: string
  duplication?: string
  reordering?: string
  slow?: string
  stepMs?: string
  churn?: string[]
  train: boolean
  omniscient?: boolean
}

const NAMES = {
  latency: '--latency',
  bandwidth: '--bandwidth',
  loss: '--loss',
  duplication: '--duplication',
  reordering: '--reordering',
  slow: '--slow',
  stepMs: '--step-ms',
  churn: '--churn'
} as const

/** The same flags as they would be typed again; empty for the world as it is by default. */
export function describeWorld(flags: WorldFlags): string {
  const given = (Object.keys(NAMES) as (keyof typeof NAMES)[]).flatMap((key) =>
    [flags[key] ?? []].flat().map((value) => `${NAMES[key]} ${quoted(value)}`)
  )

  const switches = [...(flags.train ? [] : ['--no-train']), ...(flags.omniscient === true ? ['--omniscient'] : [])]

  return [...given, ...switches].join(' ')
}

/** Only where a shell would take it apart. */
function quoted(value: string): string {
  return /^[\w.,:/@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}
