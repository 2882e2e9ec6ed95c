/** Differences named in one message; the first few tell the operator what is wrong. */
export const MAX_DIFFERENCES = 8
/** Characters of one side's value in a message. */
const MAX_VALUE_CHARS = 60
const MAX_DEPTH = 8

/**
 * Names what differs between two canonical jobs, `rounds: 10 here, 20 there`.
 * The other side's text is hostile: bounded, printable ASCII only, and never
 * a reason to throw.
 */
export function jobDifferences(ours: string, theirs: string): string[] {
  try {
    const differences: string[] = []
    compare('', JSON.parse(ours), JSON.parse(theirs), differences, 0)

    return differences
  } catch {
    return ['their job is not JSON']
  }
}

function compare(path: string, ours: unknown, theirs: unknown, out: string[], depth: number): void {
  if (out.length >= MAX_DIFFERENCES) return

  if (depth < MAX_DEPTH && isRecord(ours) && isRecord(theirs)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort()
    for (const key of keys)
      compare(path === '' ? key : `${path}.${key}`, own(ours, key), own(theirs, key), out, depth + 1)
    return
  }

  const [here, there] = [JSON.stringify(ours), JSON.stringify(theirs)]
  if (here !== there) out.push(`${printable(path === '' ? 'job' : path)}: ${show(here)} here, ${show(there)} there`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

function show(json: string | undefined): string {
  return json === undefined ? 'absent' : printable(json)
}

/** Cuts text to a bounded length and replaces everything that could write to a terminal. */
export function printable(text: string, maxChars: number = MAX_VALUE_CHARS): string {
  const cut = text.length > maxChars ? `${text.slice(0, maxChars)}...` : text

  return cut.replaceAll(/[^\x20-\x7e]/g, '?')
}
