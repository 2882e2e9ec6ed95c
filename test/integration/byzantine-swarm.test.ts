import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Summary } from '../../src/cli/swarm/summary.ts'
import { SwarmProcess } from '../util/swarm-process.ts'

const TIMEOUT_MS = 180_000

test('a swarm of processes with two attackers: one is shut out, the other outvoted', {
  timeout: TIMEOUT_MS
}, async () => {
  const model = join(mkdtempSync(join(tmpdir(), 'starling-model-')), 'model.safetensors')
  onTestFinished(() => rmSync(dirname(model), { recursive: true, force: true }))
  const swarm = new SwarmProcess([
    ...['--nodes', '6', '--partition', 'iid', '--topology', 'full', '--rounds', '8', '--seed', '5'],
    ...['--robust', 'trimmed-mean:f=1', '--byzantine', '1:sf', '--byzantine', '1:nan', '--no-baselines', '--json'],
    ...['--save', model]
  ])
  expect(await swarm.exit, swarm.stderr).toEqual({ code: 0, signal: null })
  const summary = JSON.parse(swarm.file('summary.json')) as Summary

  expect(summary.byzantine).toEqual([
    { node: 4, attack: 'sign-flipping' },
    { node: 5, attack: 'nan' }
  ])
  expect(summary.died.filter(({ node }) => node < 4)).toEqual([])
  expect(summary.accuracy.min).toBeGreaterThan(0.6)
  expect(summary.accuracy.max! - summary.accuracy.min!).toBeLessThan(0.2)

  const events = swarm.events()
  const ready = events.find(({ event, node }) => event === 'node:ready' && node === 5)!
  expect(ready['attack']).toBe('nan')
  for (const honest of [0, 1, 2, 3]) {
    const mine = events.filter(({ node }) => node === honest)
    // refused once, and then not heard any more
    expect(mine.filter(({ event, peer }) => event === 'model:rejected' && peer === ready['peer'])).toMatchObject([
      { code: 'ERR_MODEL_NOT_FINITE', verdict: 'penalise' }
    ])
    expect(mine.filter(({ event }) => event === 'model:rejected')).toHaveLength(1)
    expect(mine.some(({ event, peer }) => event === 'peer:disconnected' && peer === ready['peer'])).toBe(true)
  }
  expect(swarm.stderr).toContain(`model of node 0: ${model}`)
  expect(statSync(model).size).toBeGreaterThan(4 * 1000)
  expect(swarm.stdout).toContain('attack   node 4: sign-flipping; node 5: nan')
  expect(swarm.file('report.html')).toContain('Byzantine')
})

test(
  'refuses what makes no sense, before anything is started',
  async () => {
    for (const { args, says } of [
      { args: ['--learner', 'modest', '--save', 'x'], says: '--save: with modest a node holds a model only while' },
      { args: ['--byzantine', '2:alei'], says: 'did you mean alie?' },
      { args: ['--nodes', '2', '--byzantine', '2:alie'], says: 'at least one must be honest' },
      { args: ['--byzantine', '1:optimal-alie', '--robust', 'mozi'], says: 'mozi' },
      { args: ['--omniscient', '--byzantine', '1:alie'], says: 'starling sim' }
    ]) {
      const swarm = new SwarmProcess(args)
      expect(await swarm.exit).toEqual({ code: 2, signal: null })
      expect(swarm.stderr).toContain(says)
      expect(swarm.stderr.trim().split('\n')).toHaveLength(1)
      expect(swarm.events()).toEqual([])
    }
  },
  TIMEOUT_MS
)
