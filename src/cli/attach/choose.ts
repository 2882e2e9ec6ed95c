import { createInterface } from 'node:readline/promises'
import { CodedError } from '../../interface/errors.ts'
import type { NodeRecord } from '../../node/control/node-record.ts'
import { type Choose, drawRunning } from './running.ts'

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { isTTY?: boolean }
  /** Standard error: standard output may go to a program. */
  readonly output: NodeJS.WritableStream & { isTTY?: boolean }
}

/** Asks whoever sits at the terminal; where nobody does, says how to choose. */
export function chooseOn({ input, output }: Terminal): Choose {
  return async (records) => {
    output.write(`${drawRunning(records, Date.now())}\n`)
    if (!input.isTTY || !output.isTTY) {
      throw new CodedError(
        'ERR_CONTROL_SEVERAL',
        `${records.length} nodes run here: say which with --data-dir, or --socket`
      )
    }

    return askNumber(records, { input, output })
  }
}

async function askNumber(records: readonly NodeRecord[], { input, output }: Terminal): Promise<NodeRecord> {
  const readline = createInterface({ input, output })
  const left = new AbortController()
  readline.once('close', () => left.abort())
  try {
    for (;;) {
      const answer = await readline.question(`which one? (1 to ${records.length}) `, { signal: left.signal })
      const record = records[Number(answer) - 1]
      if (record !== undefined) return record
      output.write(`a number from 1 to ${records.length}, or Ctrl-C\n`)
    }
  } catch (cause) {
    // Ctrl-C and Ctrl-D
    throw new CodedError('ERR_CONTROL_SEVERAL', 'no node chosen', {}, { cause })
  } finally {
    readline.close()
  }
}
