import { NODE_EVENTS } from '../../node/events.ts'
import { shortPeer } from '../format.ts'
import { fieldsOf } from '../methods/fields.ts'
import { OFFERED, promptName } from '../methods/offered.ts'

/** As readline wants it: what there is, and the text that it would replace. */
export type Completion = [candidates: string[], text: string]

/** A call whose closing quote is still to come: `ban('..iKy`. */
const OPEN_STRING = /(?:^|[^\w$.])(\w+)\(([^()]*?)['"`]([^'"`]*)$/
const STRING_ONLY = /['"`](\.\.[^'"`]*|12D3[^'"`]*)$/
/** The beginning of a name that stands alone, not of a property. */
const BARE_WORD = /(?:^|[^\w$.'"`])([A-Za-z_$][\w$]*)?$/

/**
 * What Tab offers: names of the API, peers, events and choices between quotes. Undefined where it has nothing to say,
 * and JavaScript's own completion goes on.
 *
 * @param line - up to the cursor
 */
export async function complete(
  line: string,
  { names, peers }: { names: readonly string[]; peers: () => Promise<readonly string[]> }
): Promise<Completion | undefined> {
  const open = OPEN_STRING.exec(line)
  if (open !== null) return completeString(open[1]!, argumentIndex(open[2]!), open[3]!, peers)

  const peer = STRING_ONLY.exec(line)
  if (peer !== null) return completePeer(peer[1]!, await peers(), { isSelfToo: false })

  const word = BARE_WORD.exec(line)
  if (word === null) return undefined
  const typed = word[1] ?? ''
  const fitting = names.filter((name) => name.startsWith(typed))

  return fitting.length === 0 ? undefined : [fitting, typed]
}

async function completeString(
  name: string,
  index: number,
  typed: string,
  peers: () => Promise<readonly string[]>
): Promise<Completion | undefined> {
  if (name === 'watch') return among(NODE_EVENTS, typed)

  const method = OFFERED.find((each) => promptName(each) === name)
  const field = method === undefined ? undefined : fieldsOf(method)[index]
  if (field?.isPeer === true) return completePeer(typed, await peers(), { isSelfToo: field.isSelfToo })

  return field === undefined || field.choices.length === 0 ? undefined : among(field.choices, typed)
}

function among(candidates: readonly string[], typed: string): Completion {
  return [candidates.filter((each) => each.startsWith(typed)), typed]
}

/** In the form in which it was begun: the whole id, or its end with the dots that stand for the rest, or without them. */
function completePeer(typed: string, peers: readonly string[], { isSelfToo }: { isSelfToo: boolean }): Completion {
  const others = isSelfToo ? ['self'] : []
  if (typed.length > 0 && peers.some((peer) => peer.startsWith(typed))) return among(peers, typed)
  const ends = peers.map(shortPeer)
  if (typed === '' || typed.startsWith('.')) return among([...others, ...ends], typed)

  return among([...others, ...ends.map((end) => end.slice(2))], typed)
}

/** Which argument comes next: commas outside of strings and brackets. */
function argumentIndex(before: string): number {
  return before.replace(/(['"`])(?:\\.|(?!\1).)*\1/g, '').split(',').length - 1
}
