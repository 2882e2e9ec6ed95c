import { ControlClient } from '../../src/node/control/client.ts'
import { endpointOf } from '../../src/node/control/node-record.ts'
import { nodeOf } from '../../src/node/control/registry.ts'
import type { Look } from './judge/looks.ts'

/**
 * Asks the node on a data folder what it waits for, as `starling why` does.
 *
 * @param now - seconds of the run
 */
export async function lookAt(dataDir: string, now: () => number): Promise<Look> {
  const askedSeconds = now()
  try {
    const waits = await openWaits(dataDir)

    return { askedSeconds, answeredSeconds: now(), waits }
  } catch (error) {
    return { askedSeconds, answeredSeconds: now(), waits: [], failure: (error as Error).message }
  }
}

async function openWaits(dataDir: string): Promise<Look['waits']> {
  const client = await ControlClient.connect(await endpointOf(await nodeOf(dataDir)))
  try {
    return await client.call('why')
  } finally {
    await client.close()
  }
}
