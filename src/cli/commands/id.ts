import { Command } from 'commander'
import { nameOfNode } from '../../node/identity.ts'
import { addPlaceOptions, settingsHere } from '../node/place.ts'
import type { SettingFlags } from '../setting-options.ts'

export function idCommand(): Command {
  const command = new Command('id')
    .description("print a node's peer id, and make its key if it has none: what an owner needs to invite it")
    .argument('[job.yaml]', 'the job that the node will run; its name decides the data directory')

  return addPlaceOptions(command).action(async (jobPath: string | undefined, flags: SettingFlags) => {
    const { settings } = await settingsHere(jobPath, flags)
    process.stdout.write(`${await nameOfNode(settings.dataDir)}\n`)
  })
}
