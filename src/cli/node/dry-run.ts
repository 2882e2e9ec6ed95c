import { dryRun } from '../../node/dry-run.ts'
import { jobId } from '../../node/job.ts'
import { readAccess } from './access.ts'
import { type NodePlan, shareOf } from './plan.ts'

/** Checks all that a start needs, and says what would run. */
export async function printDryRun(plan: NodePlan): Promise<void> {
  const { job, settings } = plan
  const { dataDir, device, listen, data: ownData, resume, control, metrics, logFile } = settings
  const access = await readAccess(settings)
  const places = { dataDir, listen, ownData, control, metrics, logFile }
  const peer = await dryRun({ job, device, access, resume, ...places })
  const facts = {
    job: `${plan.jobPath}: ${job.name}, ${job.model.name} by ${job.learner.name}, ${budgetText(plan)}; id ${jobId(job).slice(0, 16)}`,
    peer: peer ?? 'a new identity',
    folder: dataDir,
    data: shareText(plan, peer ?? ''),
    device,
    listen: listen.join(' '),
    join: settings.join.join(' ') || 'nobody: others join this node, or find it'
  }
  process.stdout.write(settings.json ? `${JSON.stringify(facts)}\n` : `${describe(facts)}\n`)
}

function describe(facts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(facts).map(([word, text]) => `${word.padEnd(7)} ${text}`)

  return [...lines, 'ok      nothing has been started; without --dry-run this node would be'].join('\n')
}

function budgetText({ job: { budget } }: NodePlan): string {
  const limits = [
    ...(budget.rounds === undefined ? [] : [`${budget.rounds} rounds`]),
    ...(budget.seconds === undefined ? [] : [`${budget.seconds} s`])
  ]

  return limits.length === 0 ? 'until it is stopped' : limits.join(' or ')
}

function shareText(plan: NodePlan, peer: string): string {
  const share = shareOf(plan)(peer)
  const { set, partition, nodes } = plan.job.data
  if (share.kind === 'own') return `${share.set}, its own`
  if (share.kind === 'all') return `all of ${set}`
  const isByName = plan.settings.slice === undefined && peer === ''

  return `slice ${isByName ? 'by its identity' : share.index} of ${nodes} of ${set} (${partition})`
}
