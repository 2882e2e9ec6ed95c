import { describe, expect, test } from 'vitest'
import { chooseVictims } from '../../scripts/reproduce/modest/victims.ts'
import type { Summary } from '../../src/cli/swarm/summary.ts'
import { type Line, SwarmProcess } from '../util/swarm-process.ts'

const TIMEOUT_MS = 180_000
const NODES = 12
const ROUNDS = 40
/** Half of the swarm. */
const VICTIMS = 6
const ARGS = ['--learner', 'modest', '--nodes', `${NODES}`, '--sample', '4', '--seed', '7', '--rounds', `${ROUNDS}`]
const poll = { timeout: 60_000, interval: 50 }

function newestRound(lines: readonly Line[]): number {
  return Math.max(0, ...lines.map(({ event, round }) => (event === 'round:ended' ? (round as number) : 0)))
}

function classCountsOf(lines: readonly Line[]): number[][] {
  const counts: number[][] = []
  for (const { event, node, classCounts } of lines) {
    if (event === 'data:loaded') counts[node] = classCounts as number[]
  }

  return counts
}

async function summaryOf(swarm: SwarmProcess): Promise<Summary> {
  expect(await swarm.exit, swarm.stderr).toEqual({ code: 0, signal: null })

  return JSON.parse(swarm.file('summary.json')) as Summary
}

describe('a MoDeST swarm of processes', () => {
  // twelve processes on whatever else the machine does: once again before it counts
  const options = { timeout: TIMEOUT_MS, retry: 1 }
  test('finishes when half of it is killed in the middle, about as accurate as undisturbed', options, async () => {
    const undisturbed = await summaryOf(new SwarmProcess([...ARGS, '--no-baselines', '--quiet']))
    expect(undisturbed).toMatchObject({ rounds: ROUNDS, died: [], interrupted: false })

    const swarm = new SwarmProcess([...ARGS, '--no-baselines', '--quiet'])
    await expect.poll(() => newestRound(swarm.events()), poll).toBeGreaterThanOrEqual(ROUNDS / 2)
    const victims = chooseVictims(classCountsOf(swarm.events()), VICTIMS)
    const pids = swarm.pids()
    for (const victim of victims) process.kill(pids[victim]!, 'SIGKILL')
    const killedIn = newestRound(swarm.events())
    const killed = await summaryOf(swarm)

    // in the middle, not when all was over
    expect(killedIn).toBeLessThan(ROUNDS - 5)
    expect(
      killed.died.map(({ node }) => node),
      JSON.stringify(killed.died)
    ).toEqual(victims)
    expect(killed).toMatchObject({ rounds: ROUNDS, interrupted: false })
    // one short run each, of different samples: they differ by some points anyway
    expect(killed.accuracy.mean).toBeGreaterThan(undisturbed.accuracy.mean! - 0.08)
    expect(undisturbed.accuracy.mean).toBeGreaterThan(0.5)
  })
})
