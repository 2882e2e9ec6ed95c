import type { Command } from 'commander'

type Load = () => Promise<Command>

/**
 * All commands but those that ask a running node, in the order of the help. They load the network, the engine, the
 * simulator: a thousand files and more, for which nobody is made to wait who has asked for another one.
 */
const LOADERS: ReadonlyMap<string, Load> = new Map(
  Object.entries({
    init: async () => (await import('./init.ts')).initCommand(),
    node: async () => (await import('./node.ts')).nodeCommand(),
    config: async () => (await import('./config.ts')).configCommand(),
    id: async () => (await import('./id.ts')).idCommand(),
    export: async () => (await import('./export.ts')).exportCommand(),
    eval: async () => (await import('./eval.ts')).evalCommand(),
    swarm: async () => (await import('./swarm.ts')).swarmCommand(),
    sim: async () => (await import('./sim.ts')).simCommand(),
    doctor: async () => (await import('./doctor.ts')).doctorCommand(),
    completion: async () => (await import('./completion.ts')).completionCommand(),
    invite: async () => (await import('./invite.ts')).inviteCommand(),
    'network-key': async () => (await import('./network-key.ts')).networkKeyCommand()
  })
)

/** These speak of all commands. */
const NEEDS_ALL: readonly string[] = ['completion', 'help']

/** The commands that a command line needs whose first word is this: one, or all, also where nothing is so called. */
export async function loadCommands(word?: string): Promise<Command[]> {
  const load = word === undefined || NEEDS_ALL.includes(word) ? undefined : LOADERS.get(word)

  return await Promise.all(load === undefined ? [...LOADERS.values()].map((each) => each()) : [load()])
}
