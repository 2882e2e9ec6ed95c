import { Command } from 'commander'
import { nameOfNode } from '../../node/identity.ts'
import { readJob } from '../../node/job-file.ts'
import { loadSettings } from '../../node/settings/load.ts'

export function idCommand(): Command {
  return new Command('id')
    .description("print a node's peer id, and make its key if it has none: what an owner needs to invite it")
    .argument('<job.yaml>', 'the job that the node will run')
    .option('--data-dir <dir>', 'as for starling node')
    .action(runId)
}

async function runId(jobPath: string, flags: { dataDir?: string }): Promise<void> {
  const { name: jobName } = await readJob(jobPath)
  const place = { env: process.env, cwd: process.cwd() }
  const { settings } = await loadSettings({ flags, config: undefined, jobName, ...place })
  process.stdout.write(`${await nameOfNode(settings.dataDir)}\n`)
}
