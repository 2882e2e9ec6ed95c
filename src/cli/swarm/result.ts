import { join } from 'node:path'
import { CodedError } from '../../interface/errors.ts'
import { EXIT } from '../exit-codes.ts'
import { isHonest } from './byzantine.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunRecord } from './run-record.ts'
import { summarise } from './summary.ts'
import { finalTable } from './table.ts'

/**
 * Prints what a run came to and sets the exit code.
 *
 * @throws {CodedError} ERR_SWARM_DIED when no node lived to the end
 */
export function printResult(
  record: RunRecord,
  folder: RunFolder,
  { json, quiet }: { json?: boolean; quiet?: boolean }
): void {
  const summary = summarise(record)
  const lines = [finalTable(record), `report   ${join(folder.path, 'report.html')}`]
  if (folder.failure !== undefined) lines.push(`warning  the run folder is incomplete: ${folder.failure.message}`)
  if (json !== true || quiet !== true) process.stdout.write(`${lines.join('\n')}\n`)
  if (json === true) process.stdout.write(`${JSON.stringify(summary)}\n`)
  if (record.interrupted) process.exitCode = EXIT.interrupted
  else if (record.nodes.filter(isHonest).every(({ state }) => state === 'died')) {
    const who = summary.byzantine.length === 0 ? 'no node' : 'no honest node'
    throw new CodedError('ERR_SWARM_DIED', `${who} finished: ${record.nodes[0]?.reason ?? ''}`)
  }
}
