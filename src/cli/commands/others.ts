import type { Command } from 'commander'
import { completionCommand } from './completion.ts'
import { configCommand } from './config.ts'
import { doctorCommand } from './doctor.ts'
import { evalCommand } from './eval.ts'
import { exportCommand } from './export.ts'
import { idCommand } from './id.ts'
import { initCommand } from './init.ts'
import { inviteCommand } from './invite.ts'
import { networkKeyCommand } from './network-key.ts'
import { nodeCommand } from './node.ts'
import { simCommand } from './sim.ts'
import { swarmCommand } from './swarm.ts'

/** All commands but those that ask a running node: they load the network and the engine. */
export function otherCommands(): Command[] {
  const ofNodes = [initCommand(), nodeCommand(), configCommand(), idCommand(), exportCommand(), evalCommand()]
  const ofMembers = [inviteCommand(), networkKeyCommand()]

  return [...ofNodes, swarmCommand(), simCommand(), doctorCommand(), completionCommand(), ...ofMembers]
}
