import { describe, expect, test } from 'vitest'
import type { Summary } from '../../src/cli/swarm/summary.ts'
import { type Line, SwarmProcess } from '../util/swarm-process.ts'

const TIMEOUT_MS = 300_000
const NODES = 8
const ROUNDS = 24
/** Half of the swarm; each node has all classes, so that what they knew is not lost. */
const VICTIMS = [1, 3, 5, 7]
const ARGS = ['--learner', 'modest', '--nodes', `${NODES}`, '--sample', '3', '--partition', 'iid', '--seed', '7']
const ONCE = [...ARGS, '--rounds', `${ROUNDS}`, '--no-baselines', '--quiet']
const poll = { timeout: 120_000, interval: 50 }

function newestRound(lines: readonly Line[]): number {
  return Math.max(0, ...lines.map(({ event, round }) => (event === 'round:ended' ? (round as number) : 0)))
}

async function summaryOf(swarm: SwarmProcess): Promise<Summary> {
  expect(await swarm.exit, swarm.stderr).toEqual({ code: 0, signal: null })

  return JSON.parse(swarm.file('summary.json')) as Summary
}

describe('a MoDeST swarm of processes', () => {
  // eight processes on whatever else the machine does: once again before it counts
  const options = { timeout: TIMEOUT_MS, retry: 1 }
  test('finishes when half of it is killed in the middle, about as accurate as undisturbed', options, async () => {
    const undisturbed = await summaryOf(new SwarmProcess(ONCE))
    expect(undisturbed).toMatchObject({ rounds: ROUNDS, died: [], interrupted: false })

    const swarm = new SwarmProcess(ONCE)
    await expect.poll(() => newestRound(swarm.events()), poll).toBeGreaterThanOrEqual(ROUNDS / 2)
    const pids = swarm.pids()
    for (const victim of VICTIMS) process.kill(pids[victim]!, 'SIGKILL')
    const killedIn = newestRound(swarm.events())
    const killed = await summaryOf(swarm)

    // in the middle, not when all was over
    expect(killedIn).toBeLessThan(ROUNDS - 5)
    expect(
      killed.died.map(({ node }) => node),
      JSON.stringify(killed.died)
    ).toEqual(VICTIMS)
    expect(killed).toMatchObject({ rounds: ROUNDS, interrupted: false })
    // one short run each, of different samples: they differ by some points anyway
    expect(killed.accuracy.mean).toBeGreaterThan(undisturbed.accuracy.mean! - 0.08)
    expect(undisturbed.accuracy.mean).toBeGreaterThan(0.5)
  })
})
