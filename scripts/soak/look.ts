import { ControlClient } from '../../src/node/control/client.ts'
import { endpointOf } from '../../src/node/control/node-record.ts'
import { nodeOf } from '../../src/node/control/registry.ts'
import { type Look, RECOVERY_SECONDS } from './judge/looks.ts'
import type { Life } from './life.ts'
import { starvedSeconds } from './process-sample.ts'

/**
 * Asks a daemon what it waits for, as `starling why` does.
 *
 * @param now - seconds of the run
 */
export async function lookAt(life: Life, dataDir: string, now: () => number): Promise<Look> {
  const askedSeconds = now()
  const ours = starvedSeconds(process.pid)
  const before = life.samples.findLast(({ seconds }) => seconds <= askedSeconds - RECOVERY_SECONDS)
  const starved = (): number =>
    starvedSeconds(life.pid) - (before?.starvedSeconds ?? 0) + starvedSeconds(process.pid) - ours
  try {
    const waits = await openWaits(dataDir)

    return { askedSeconds, answeredSeconds: now(), waits, starvedSeconds: starved() }
  } catch (error) {
    const failure = (error as Error).message

    return { askedSeconds, answeredSeconds: now(), waits: [], failure, starvedSeconds: starved() }
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
