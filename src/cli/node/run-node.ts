import type { Log } from '../../interface/log.ts'
import { Daemon } from '../../node/daemon.ts'
import { type OpenDataDir, openDataDir } from '../../node/data-dir.ts'
import { outliveLateStreamErrors } from '../../node/late-stream-errors.ts'
import { LogBook } from '../../node/log/log-book.ts'
import { describeSettings } from '../../node/settings/load.ts'
import { describeError } from '../describe-error.ts'
import { endAtOnce, type Stopping, StopRequest, stopOnSignals } from '../stop.ts'
import { readAccess } from './access.ts'
import { type NodePlan, shareOf } from './plan.ts'
import { eventPrinter } from './print-event.ts'
import { StopDeadline } from './stop-deadline.ts'

/**
 * Runs a node until its budget is spent or it is told to stop, and leaves nothing behind.
 *
 * @throws {CodedError} whatever ended it
 */
export async function runNode(plan: NodePlan): Promise<void> {
  const { dataDir, stopOnStdinEnd, json, logLevel, logFormat, logFile, logKeep } = plan.settings
  const logs = new LogBook({ levels: logLevel, format: logFormat, file: logFile, keepDays: logKeep })
  const stop = stopOnSignals({
    onRequest: (why) => {
      if (!json) process.stdout.write(`stop    ${why}: leaving the swarm; once more ends it at once\n`)
    },
    onStdinEnd: stopOnStdinEnd
  })
  const log = logs.of('gossip')
  const outlived = outliveLateStreamErrors(({ name, message }) => log('debug', 'network trouble', { name, message }))
  try {
    const folder = await openDataDir(dataDir)
    try {
      reportDead(folder, logs.of('node'))
      await runIn(folder, plan, { logs, stop })
    } finally {
      await folder.close()
    }
  } finally {
    outlived()
    // whatever happened: a standard input that is listened to keeps the process alive
    stop.release()
    logs.close()
  }
}

interface Surroundings {
  readonly logs: LogBook
  readonly stop: Stopping
}

async function runIn(folder: OpenDataDir, plan: NodePlan, { logs, stop }: Surroundings): Promise<void> {
  let node: Daemon | undefined
  const deadline = new StopDeadline({
    waits: () => node?.waits,
    graceMs: plan.settings.stopSeconds * 1000,
    onLate: (error) => {
      process.stderr.write(`${describeError(error, { debug: false })}\n`)
      endAtOnce()
    }
  })
  const begin = (): void => deadline.begin()
  stop.signal.addEventListener('abort', begin)
  const end = async (): Promise<void> => {
    begin()
    try {
      await node?.stop()
    } finally {
      deadline.end()
    }
  }
  try {
    node = await createNode(folder, plan, { logs, stop })
    await node.start()
    await untilDone(node, plan, stop.signal)
  } catch (error) {
    await end().catch(() => undefined) // what ended it says more
    throw error
  }
  await end()
}

async function createNode({ privateKey }: OpenDataDir, plan: NodePlan, { logs, stop }: Surroundings): Promise<Daemon> {
  const { job, settings, byzantine } = plan
  const { listen, join, device, threads, awaitPeers, awaitSeconds, dataDir, control, json } = settings
  const { announce, mdns, nat, dht, relay } = settings
  const { resume, checkpointSeconds, checkpointKeep: keep } = settings

  return Daemon.create({
    access: await readAccess(settings),
    ...{ job, privateKey, listen, join, device, threads, awaitPeers, dataDir, control, metrics: settings.metrics },
    discovery: { announce, mdns, nat, dht, relay },
    checkpoints: { resume, keep, everyMs: checkpointSeconds * 1000 },
    share: shareOf(plan),
    awaitMs: awaitSeconds * 1000,
    env: process.env,
    settings: describeSettings(plan),
    logBook: logs,
    requestStop: () => stop.request('asked to through the control API'),
    ...(byzantine === undefined ? {} : { byzantine }),
    emit: eventPrinter({ json })
  })
}

async function untilDone(node: Daemon, { settings: { save } }: NodePlan, signal: AbortSignal): Promise<void> {
  try {
    await node.run({ signal })
    if (save !== undefined) await node.save(save)
    node.report('finished')
  } catch (error) {
    node.report(error instanceof StopRequest ? 'signal' : 'failed')
    if (!(error instanceof StopRequest)) throw error
  }
}

function reportDead({ dead }: OpenDataDir, log: Log): void {
  for (const pid of dead) log('warn', 'the node before this one did not end cleanly', { pid })
}
