import type { ResultOf } from '../../node/control/schema.ts'
import { formatBytes, formatPercent, shortHash } from '../format.ts'
import { drawFacts, type Fact } from './columns.ts'
import { counted, dateAndTime, decimal, duration, integer, timeOfDay } from './values.ts'

type Status = ResultOf<'status'>

export function drawStatus(status: Status): string {
  return drawFacts([...whoItIs(status), ...whatItDoes(status), ...whereItIs(status)])
}

function whoItIs({ peer, name, jobId, version, pid, startedAt, uptimeSeconds }: Status): Fact[] {
  return [
    ['peer', peer],
    ['job', `${name === '' ? '' : `${name} `}${shortHash(jobId)}`],
    ['program', `starling ${version}, pid ${pid}`],
    ['up', `${duration(uptimeSeconds)}, since ${dateAndTime(startedAt)}`]
  ]
}

function whatItDoes(status: Status): Fact[] {
  const { learner, phase, isPaused, round, steps, device, examples, evaluation, waits } = status

  return [
    ['learner', `${learner}, ${isPaused ? 'paused (resume goes on)' : phase}`],
    ['round', `${round}, after ${counted(steps, 'step')}`],
    [
      'training',
      device === null ? null : `on ${device}${examples === null ? '' : `, ${counted(examples, 'example')}`}`
    ],
    ['accuracy', evaluation === null ? 'not measured yet' : evaluationText(evaluation)],
    ['waits', waits === 0 ? 'for nothing' : `${waits} open (why lists them)`],
    ['model', hashes(status)],
    ['checkpoint', checkpointText(status.checkpoint)]
  ]
}

function whereItIs({ peers, reachability, addresses, bytes, dataDir }: Status): Fact[] {
  return [
    ['peers', integer(peers)],
    ['reachable', reachability],
    ['join', addresses.map((address) => `--join ${address}`)],
    ['bytes', `${formatBytes(bytes.sent)} sent, ${formatBytes(bytes.received)} received`],
    ['data', dataDir]
  ]
}

export function evaluationText({ accuracy, loss, round, at }: NonNullable<Status['evaluation']>): string {
  return `${formatPercent(accuracy)}, loss ${decimal(loss) ?? 'not a number'}, in round ${round} at ${timeOfDay(at)}`
}

function hashes({ modelHash, setHash }: Pick<Status, 'modelHash' | 'setHash'>): string | null {
  const parts = [
    ...(modelHash === null ? [] : [shortHash(modelHash)]),
    ...(setHash === null ? [] : [`projections ${shortHash(setHash)}`])
  ]

  return parts.length === 0 ? null : parts.join(', ')
}

function checkpointText(checkpoint: Status['checkpoint']): string {
  if (checkpoint === null) return 'none yet'

  return `of round ${checkpoint.round} at ${timeOfDay(checkpoint.at)}: ${checkpoint.path}`
}
