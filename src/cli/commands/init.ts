import { Command } from 'commander'
import { ensureKey, type NodeKey, writeJobTemplate } from '../../node/init.ts'
import { addPlaceOptions, settingsHere } from '../node/place.ts'
import type { SettingFlags } from '../setting-options.ts'

const DEFAULT_JOB = 'job.yaml'

export function initCommand(): Command {
  const command = new Command('init')
    .description("write a commented job to start from, and make the node's key; what is there already stays")
    .argument('[job.yaml]', 'where to write the job', DEFAULT_JOB)

  return addPlaceOptions(command).action(init)
}

async function init(jobPath: string, flags: SettingFlags): Promise<void> {
  const isNew = await writeJobTemplate(jobPath)
  print('job', isNew ? `${jobPath}: every key with its default; edit it` : `${jobPath}: there already, left as it is`)
  const { settings } = await settingsHere(jobPath, flags)
  const key = await ensureKey(settings.dataDir)
  print('key', keyText(key))
  print('peer', key.peer)
  const named = typeof flags.dataDir === 'string' ? ` --data-dir ${shellWord(flags.dataDir)}` : ''
  print('next', `starling node ${shellWord(jobPath)}${named}`)
}

function keyText({ path, isNew }: NodeKey): string {
  return isNew
    ? `${path}: new, for your eyes only; who has a copy can pass for this node`
    : `${path}: there already, left as it is`
}

function print(word: string, text: string): void {
  process.stdout.write(`${word.padEnd(7)} ${text}\n`)
}

/** As a shell takes it. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
