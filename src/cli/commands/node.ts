import { Command } from 'commander'
import { planNode } from '../node/plan.ts'
import { addResearchOptions, type ResearchFlags } from '../node/research-flags.ts'
import { runNode } from '../node/run-node.ts'
import { addSettingOptions, type SettingFlags } from '../setting-options.ts'

type NodeFlags = SettingFlags & ResearchFlags

export function nodeCommand(): Command {
  const command = new Command('node')
    .description('run one node of a job, until its budget is spent or Ctrl-C')
    .argument('<job.yaml>', 'the job; every node of a swarm has the same')

  return addResearchOptions(addSettingOptions(command)).action(async (jobPath: string, flags: NodeFlags) => {
    await runNode(await planNode(jobPath, flags))
  })
}
