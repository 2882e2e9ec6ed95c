import { once } from 'node:events'
import { createServer } from 'node:net'
import { reasonOf } from '../gossip/listen-error.ts'
import { CodedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { checkFolder } from '../store/folder-lock.ts'
import type { DeviceChoice } from '../train/engine/device.ts'
import { createEngine } from '../train/engine/engine.ts'
import { checkJob } from './check-job.ts'
import { knownNameOf } from './identity.ts'
import type { Job } from './job.ts'

export interface DryRunInit {
  readonly job: Job
  readonly dataDir: string
  readonly device: DeviceChoice
  readonly listen: readonly string[]
  readonly ownData: string | undefined
}

/**
 * Tries everything that a start needs, one after the other, and leaves nothing behind.
 *
 * @returns the node's name; undefined when its key would be made
 * @throws {CodedError} what a start would throw
 */
export async function dryRun({ job, dataDir, device, listen, ownData }: DryRunInit): Promise<Peer | undefined> {
  await checkFolder(dataDir)
  const peer = await knownNameOf(dataDir)
  await checkJob(job, { ownData })
  for (const address of listen) await checkListen(address)
  if (device !== 'auto') await (await createEngine({ device })).close()

  return peer
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
