import { Command, Option } from 'commander'
import { InvalidConfigError } from '../../interface/errors.ts'
import { createOwner, inspectInvitation, invite, type Right } from '../../node/invitations.ts'
import { readJob } from '../../node/job-file.ts'
import { duration } from '../duration.ts'

interface InviteFlags {
  newOwner?: string
  ownerKey?: string
  job?: string
  peer?: string
  expires: number
  rights: Right
  show?: string
  json?: boolean
}

const WEEK = 604_800

export function inviteCommand(): Command {
  return new Command('invite')
    .description('let a node into a swarm by invitation; docs/MEMBERSHIP.md has it step by step')
    .option('--new-owner <file>', "first of all: make an owner's key, and print what goes into the job")
    .option('--owner-key <file>', "the owner's key, to sign with")
    .option('--job <file>', 'the job; an invitation is for one job')
    .option('--peer <id>', 'whom to invite; "starling id" on that machine prints it')
    .addOption(new Option('--expires <time>', 'from now: 90m, 12h, 7d, 4w').argParser(duration).default(WEEK, '7d'))
    .addOption(
      new Option('--rights <word>', 'train: all; observe: read, and nothing that it says counts')
        .choices(['train', 'observe'])
        .default('train')
    )
    .option('--show <token>', 'print what an invitation says; with --job also whether it holds')
    .option('--json', 'print JSON')
    .action(runInvite)
}

async function runInvite(flags: InviteFlags): Promise<void> {
  if (flags.newOwner !== undefined) return makeOwner(flags.newOwner, flags)
  if (flags.show !== undefined) return show(flags.show, flags)

  const { ownerKey, job: jobPath, peer, rights, json } = flags
  if (ownerKey === undefined || jobPath === undefined || peer === undefined) {
    throw new InvalidConfigError(
      'to invite: --owner-key FILE --job FILE --peer ID; before that: --new-owner FILE; to look: --show TOKEN'
    )
  }
  const nowMs = Date.now()
  const untilMs = nowMs + 1000 * flags.expires
  const job = await readJob(jobPath)
  const token = await invite({ ownerKey, job, jobPath, peer, right: rights, nowMs, untilMs })
  print(json === true ? JSON.stringify({ token, peer, rights, expires: new Date(untilMs).toISOString() }) : token)
}

async function makeOwner(path: string, { json }: InviteFlags): Promise<void> {
  const owner = await createOwner(path)
  if (json === true) return print(JSON.stringify({ owner }))

  print(
    [
      `The owner's key is in ${path}. Keep it to yourself: who has it can invite anyone.`,
      'Into the job, the same on all nodes:',
      '',
      `membership: { owner: ${owner} }`,
      '',
      `Then, for each node: starling invite --owner-key ${path} --job JOB --peer ID`
    ].join('\n')
  )
}

async function show(token: string, { job: jobPath, json }: InviteFlags): Promise<void> {
  const job = jobPath === undefined ? undefined : await readJob(jobPath)
  const { peer, jobId, notBefore, expires, right } = await inspectInvitation(token, job)
  const [from, until] = [notBefore, expires].map((seconds) => new Date(1000 * seconds).toISOString())
  const holds = Date.now() < 1000 * expires
  if (json === true) return print(JSON.stringify({ peer, jobId, rights: right, from, until, isExpired: !holds }))

  print(
    [
      `peer      ${peer}`,
      `rights    ${right}`,
      `job       ${jobId}`,
      `from      ${from}`,
      `until     ${until}${holds ? '' : ': expired'}`,
      `signature ${job === undefined ? 'not checked: name the job with --job' : `of the owner in ${jobPath}`}`
    ].join('\n')
  )
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
