import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createRng } from '../../src/math/philox.ts'
import { forgetMomentum } from '../crash/forget-momentum.ts'
import { type KillLoopInit, killLoop, uninterrupted } from '../crash/kill-loop.ts'

const KILLS = 4
const SEED = 3

function init(more: Partial<KillLoopInit> = {}): KillLoopInit {
  const folder = mkdtempSync(join(tmpdir(), 'starling-crash-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))

  return { folder, kills: KILLS, rng: createRng(SEED, 'crash'), optimiser: 'sgd', ...more }
}

test('a node that is killed again and again loses no checkpoint, and trains as if it had never been', {
  timeout: 600_000
}, async () => {
  const loop = init()
  const { lives, losses, breaches } = await killLoop(loop)
  expect(breaches).toEqual([])
  expect(lives.some(({ resumed }) => resumed !== undefined)).toBe(true)
  const whole = await uninterrupted(loop.folder, Math.max(...losses.keys()))
  for (const [round, loss] of losses) expect(loss, `round ${round}`).toBe(whole.get(round))
})

test('one whose momentum is forgotten does not: the comparison can fail', { timeout: 600_000 }, async () => {
  const loop = init({ tamper: forgetMomentum })
  const { losses } = await killLoop(loop)
  const whole = await uninterrupted(loop.folder, Math.max(...losses.keys()))

  expect([...losses].some(([round, loss]) => loss !== whole.get(round))).toBe(true)
})
