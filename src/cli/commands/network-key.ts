import { Command } from 'commander'
import { createNetworkKey } from '../../node/network-key.ts'

export function networkKeyCommand(): Command {
  return new Command('network-key')
    .description('make a key for a private network: who has another one, or none, gets no word out of a node')
    .argument('<file>', 'where to put it; it is never written over')
    .action(runNetworkKey)
}

async function runNetworkKey(path: string): Promise<void> {
  await createNetworkKey(path)
  process.stdout.write(
    `The network key is in ${path}. Copy it to each machine, safely, and start all nodes with --network-key FILE.\n`
  )
}
