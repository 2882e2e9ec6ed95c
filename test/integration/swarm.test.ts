import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Summary } from '../../src/cli/swarm/summary.ts'
import { isAlive, SwarmProcess } from '../util/swarm-process.ts'

const TIMEOUT_MS = 120_000
const poll = { timeout: 60_000, interval: 50 }

describe('starling swarm', () => {
  test(
    'trains together what no node could alone, and leaves a run folder',
    async () => {
      const swarm = new SwarmProcess([
        '--nodes',
        '4',
        '--partition',
        'classes:3',
        '--rounds',
        '30',
        '--seed',
        '3',
        '--json'
      ])
      expect(await swarm.exit, swarm.stderr).toEqual({ code: 0, signal: null })

      const lines = swarm.stdout.trimEnd().split('\n')
      const summary = JSON.parse(lines.at(-1)!) as Summary
      expect(summary).toMatchObject({ seed: 3, nodes: 4, died: [], interrupted: false })
      expect(summary.rounds).toBeGreaterThanOrEqual(30)
      // four nodes that know 3 classes each, against guessing at 0.1
      expect(summary.baseline.alone.mean).toBeLessThan(0.35)
      expect(summary.accuracy.mean).toBeGreaterThan(summary.baseline.alone.mean! + 0.2)
      expect(summary.accuracy.max! - summary.accuracy.min!).toBeLessThan(0.1)
      expect(summary.bytes.sent).toBeGreaterThan(4 * 30 * 900_000)
      expect(Math.abs(summary.bytes.received / summary.bytes.sent - 1)).toBeLessThan(0.1)

      expect(JSON.parse(swarm.file('summary.json'))).toEqual(summary)
      expect(swarm.file('job.yaml')).toContain('partition: classes:3')
      expect(JSON.parse(swarm.file('versions.json'))).toMatchObject({ seed: 3, node: process.versions.node })
      expect(swarm.file('report.html')).toContain('</html>')
      expect(statSync(join(swarm.out, 'nodes', '0', 'key')).mode & 0o777).toBe(0o600)
      const peers = swarm.events().flatMap(({ event, peer }) => (event === 'node:ready' ? [peer] : []))
      expect(new Set(peers).size).toBe(4)
      expect(swarm.pids().filter(isAlive)).toEqual([])
    },
    TIMEOUT_MS
  )

  test(
    'goes on when nodes are killed, and names the dead',
    async () => {
      const swarm = new SwarmProcess(['--nodes', '6', '--rounds', '60', '--json', '--no-baselines'])
      await expect.poll(() => Math.min(...swarm.rounds()) > 3 && swarm.rounds().length === 6, poll).toBe(true)
      const victims = [1, 3, 4]
      for (const index of victims) process.kill(swarm.pids()[index]!, 'SIGKILL')
      expect(await swarm.exit, swarm.stderr).toEqual({ code: 0, signal: null })

      const summary = JSON.parse(swarm.stdout.trimEnd().split('\n').at(-1)!) as Summary
      expect(summary.died.map(({ node, reason }) => ({ node, reason }))).toEqual(
        victims.map((node) => ({ node, reason: 'killed by SIGKILL' }))
      )
      for (const { lastHeardSeconds } of summary.died) expect(lastHeardSeconds).toBeGreaterThan(0)
      expect(summary.accuracy.mean).toBeGreaterThan(0)
      expect(swarm.stdout).toMatch(/died {5}node 1 .*killed by SIGKILL; last heard at/)
      // the survivors went through with all their rounds
      expect(summary.rounds).toBe(60)
    },
    TIMEOUT_MS
  )

  test(
    'Ctrl-C stops every process, and the run folder says that it was cut short',
    async () => {
      const swarm = new SwarmProcess(['--nodes', '3', '--seconds', '600', '--json'])
      await expect.poll(() => swarm.rounds().length === 3, poll).toBe(true)
      const pids = swarm.pids()
      swarm.process.kill('SIGINT')
      expect(await swarm.exit).toEqual({ code: 130, signal: null })
      expect(pids.filter(isAlive)).toEqual([])
      expect(JSON.parse(swarm.file('summary.json'))).toMatchObject({ interrupted: true, died: [] })
    },
    TIMEOUT_MS
  )

  test(
    'nodes do not outlive a swarm that is killed',
    async () => {
      const swarm = new SwarmProcess(['--nodes', '3', '--seconds', '600'])
      await expect.poll(() => swarm.rounds().length === 3, poll).toBe(true)
      const pids = swarm.pids()
      swarm.process.kill('SIGKILL')
      await expect.poll(() => pids.filter(isAlive), poll).toEqual([])
    },
    TIMEOUT_MS
  )
})
