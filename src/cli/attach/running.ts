import { CodedError } from '../../interface/errors.ts'
import type { ControlEndpoint } from '../../node/control/endpoint.ts'
import { endpointOf, type NodeRecord } from '../../node/control/node-record.ts'
import { listNodes, nodeOf } from '../../node/control/registry.ts'
import type { Environment } from '../../node/settings/environment.ts'
import { shortPeer } from '../format.ts'
import { type Column, drawTable } from '../tables/columns.ts'
import { clip } from '../tables/printable.ts'
import { duration } from '../tables/values.ts'

/** Which node is meant; that of STARLING_DATA_DIR, or else the only one that runs, when neither is given. */
export interface Target {
  /** Path of its control socket. */
  readonly socket?: string | undefined
  readonly dataDir?: string | undefined
}

/** Of the setting `dataDir`: in a container, or a unit, it says which node is meant. */
const VARIABLE = 'STARLING_DATA_DIR'

export type Choose = (records: readonly NodeRecord[]) => Promise<NodeRecord>

/**
 * Where to reach the node that is meant.
 *
 * @param choose - asked when it may be one of several
 * @throws {CodedError} ERR_CONTROL_UNREACHABLE, ERR_CONTROL_TOKEN; as `choose`
 */
export async function findNode(
  { socket, dataDir }: Target,
  env: Environment,
  choose: Choose
): Promise<ControlEndpoint> {
  if (socket !== undefined) return { kind: 'unix', path: socket }
  if (dataDir !== undefined) return endpointOf(await nodeOf(dataDir))
  // an empty variable counts as absent
  const folder = env[VARIABLE]?.trim() ?? ''
  if (folder !== '') return endpointOf(await nodeOf(folder, { from: VARIABLE }))

  const records = await listNodes(env)
  const [first, ...others] = records
  if (first === undefined) {
    throw new CodedError(
      'ERR_CONTROL_UNREACHABLE',
      'no node of yours runs on this machine: start one with "starling node job.yaml", or name one with --socket or --data-dir'
    )
  }

  return endpointOf(others.length === 0 ? first : await choose(records))
}

/** A numbered list, from 1. */
export function drawRunning(records: readonly NodeRecord[], nowMs: number): string {
  const columns: Column<readonly [number, NodeRecord]>[] = [
    { heading: 'number', cell: ([number]) => String(number), align: 'right' },
    { heading: 'job', cell: ([, { job }]) => clip(job, 20) },
    { heading: 'peer', cell: ([, { peer }]) => shortPeer(peer) },
    { heading: 'pid', cell: ([, { pid }]) => String(pid), align: 'right' },
    {
      heading: 'up',
      cell: ([, { startedAt }]) => duration(Math.max(0, nowMs - Date.parse(startedAt)) / 1000),
      align: 'right'
    },
    { heading: 'data', cell: ([, { dataDir }]) => dataDir, isOptional: true }
  ]

  return drawTable(
    columns,
    records.map((record, i) => [i + 1, record] as const)
  )
}
