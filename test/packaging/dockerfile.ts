/** One line of a Dockerfile, continuations joined. */
export interface Instruction {
  name: string
  rest: string
}

export interface Stage {
  /** `AS name`; the last has none. */
  name: string | undefined
  instructions: Instruction[]
}

/** The stages of a Dockerfile, in order. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
  const stages: Stage[] = []
  for (const line of lines) {
    const [, name, rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? []
    if (name === undefined) continue
    if (name === 'FROM') stages.push({ name: / AS (\S+)$/.exec(rest)?.[1], instructions: [] })
    else stages.at(-1)?.instructions.push({ name, rest })
  }

  return stages
}

/** What a COPY takes from the build context; nothing, when it takes from another stage. */
export function sourcesOf({ name, rest }: Instruction): string[] {
  return name === 'COPY' && !rest.startsWith('--from=') ? rest.split(/\s+/).slice(0, -1) : []
}

/** Variables of `ENV A=1 B=2`. */
export function environmentOf({ instructions }: Stage): Record<string, string> {
  const pairs = instructions.flatMap(({ name, rest }) => (name === 'ENV' ? rest.trim().split(/\s+/) : []))

  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

/** The arguments of `CMD ["a", "b"]`, also as part of a HEALTHCHECK. */
export function execFormOf(stage: Stage, name: string): string[] {
  const found = stage.instructions.find((each) => each.name === name)

  return JSON.parse(/\[.*\]/.exec(found?.rest ?? '')?.[0] ?? '[]')
}
