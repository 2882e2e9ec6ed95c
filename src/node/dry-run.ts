import { once } from 'node:events'
import { createServer } from 'node:net'
import { reasonOf } from '../gossip/listen-error.ts'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { readCheckpointHeader } from '../store/checkpoint/read.ts'
import { checkFolder } from '../store/folder-lock.ts'
import type { DeviceChoice } from '../train/engine/device.ts'
import { createEngine } from '../train/engine/engine.ts'
import { checkJob } from './check-job.ts'
import type { ControlSetting } from './control/endpoint.ts'
import { listenTcp } from './control/listen.ts'
import type { ResumeChoice } from './going-on.ts'
import { knownNameOf } from './identity.ts'
import { type Job, jobId } from './job.ts'
import { checkLogFile } from './log/log-file.ts'
import { membershipOf, type NodeAccess } from './membership.ts'
import type { MetricsAddress } from './metrics/address.ts'
import { createVerify } from './signing.ts'

export interface DryRunInit {
  readonly job: Job
  readonly dataDir: string
  readonly device: DeviceChoice
  readonly listen: readonly string[]
  readonly ownData: string | undefined
  readonly access: NodeAccess
  readonly resume: ResumeChoice
  readonly control: ControlSetting
  readonly metrics: MetricsAddress | undefined
  readonly logFile: string | undefined
}

/**
 * Tries everything that a start needs, one after the other, and leaves nothing behind.
 *
 * @returns the node's name; undefined when its key would be made
 * @throws {CodedError} what a start would throw
 */
export async function dryRun(init: DryRunInit): Promise<Peer | undefined> {
  const { job, dataDir, device, listen, ownData, access, resume, logFile } = init
  if (logFile !== undefined) await checkLogFile(logFile)
  await checkFolder(dataDir)
  const peer = await knownNameOf(dataDir)
  checkAccess(job, access, peer)
  await checkJob(job, { ownData })
  if (typeof resume === 'object') await readCheckpointHeader(resume.path, { jobId: jobId(job) })
  await checkPorts(init)
  for (const address of listen) await checkListen(address)
  if (device !== 'auto') await (await createEngine({ device })).close()

  return peer
}

/** A name that is not made yet is invited by nobody. */
const NEW_NAME = 'the name that "starling id" prints'

function checkAccess(job: Job, { invitation }: NodeAccess, self: Peer = NEW_NAME): void {
  const own = { self, verify: createVerify(), nowMs: Date.now() }
  membershipOf(job, { ...own, ...(invitation === undefined ? {} : { invitation }) })
}

async function checkPorts({ control, metrics }: DryRunInit): Promise<void> {
  if (control.kind === 'tcp') await checkPort(control, '--control')
  if (metrics !== undefined) await checkPort(metrics, '--metrics')
}

async function checkPort(address: MetricsAddress, setting: '--control' | '--metrics'): Promise<void> {
  const { host, port } = address
  const server = createServer()
  try {
    await listenTcp(server, { host, port, setting })
  } finally {
    server.close()
  }
}

/** `/ip4/127.0.0.1/tcp/4001`; others are left to the start. */
const PLAIN = /^\/ip[46]\/([\da-fA-F.:]+)\/tcp\/(\d+)$/

async function checkListen(address: string): Promise<void> {
  const [, host, port] = PLAIN.exec(address) ?? []
  if (host === undefined) return
  const server = createServer()
  try {
    server.listen({ host, port: Number(port) })
    await once(server, 'listening')
  } catch (cause) {
    throw new CodedError('ERR_NETWORK_LISTEN', `--listen ${address}: ${reasonOf((cause as Error).message)}`)
  } finally {
    server.close()
  }
}
