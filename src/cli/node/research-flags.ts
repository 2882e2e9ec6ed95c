import { type Command, Option } from 'commander'
import { InvalidConfigError } from '../../interface/errors.ts'
import { type ByzantineRole, parseRole } from '../../node/byzantine.ts'
import { collect, wholeNumber } from '../numbers.ts'

/** Flags that make a node an attacker: no settings, since nobody wants them in a file. */
export interface ResearchFlags {
  attack?: string
  attackers?: number
  accomplice?: string[]
}

const MAX_PEERS = 100_000
const GROUP = 'For research:'

export function addResearchOptions(command: Command): Command {
  const options = [
    new Option('--attack <name>', 'play a Byzantine node; docs/ROBUST.md has the attacks'),
    new Option('--attackers <n>', 'with --attack: Byzantine nodes of the swarm, this one included').argParser(
      wholeNumber(1, MAX_PEERS)
    ),
    new Option('--accomplice <peer>', 'with --attack: peer id of another of them (may be repeated)').argParser(
      (text, before: readonly string[] | undefined) => collect(text, before ?? [])
    )
  ]
  for (const option of options) command.addOption(option.helpGroup(GROUP))

  return command
}

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID */
export function byzantineRole({ attack, attackers, accomplice = [] }: ResearchFlags): ByzantineRole | undefined {
  if (attack !== undefined) return named(attack, () => parseRole({ attack, attackers, accomplices: accomplice }))
  if (attackers === undefined && accomplice.length === 0) return undefined

  throw new InvalidConfigError(`--${attackers === undefined ? 'accomplice' : 'attackers'} goes with --attack only`)
}

/** Says which flag it is about. */
function named<T>(attack: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof InvalidConfigError) || error.message.startsWith('--')) throw error
    throw new InvalidConfigError(`--attack ${attack}: ${error.message.replace(/^attack: /, '')}`)
  }
}
