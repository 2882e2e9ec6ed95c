import { Command } from 'commander'
import { printDryRun } from '../node/dry-run.ts'
import { planNode } from '../node/plan.ts'
import { addResearchOptions, type ResearchFlags } from '../node/research-flags.ts'
import { runNode } from '../node/run-node.ts'
import { addSettingOptions, type SettingFlags } from '../setting-options.ts'

type NodeFlags = SettingFlags & ResearchFlags & { dryRun?: boolean }

export function nodeCommand(): Command {
  const command = new Command('node')
    .description('run one node of a job, until its budget is spent or Ctrl-C')
    .argument('<job.yaml>', 'the job; every node of a swarm has the same')
    .option('--dry-run', 'check job, data, key, addresses and device, say what would run, and start nothing')

  return addResearchOptions(addSettingOptions(command)).action(async (jobPath: string, flags: NodeFlags) => {
    const plan = await planNode(jobPath, flags)
    await (flags.dryRun === true ? printDryRun(plan) : runNode(plan))
  })
}
