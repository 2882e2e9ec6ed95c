/**
 * Kills a node at random moments and starts it again, and holds each life to what the last one left:
 * `npm run test:crash -- --kills 100`. The exit code is 1 when anything was not as it should be.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRng } from '../src/math/philox.ts'
import { forgetMomentum } from '../test/crash/forget-momentum.ts'
import { killLoop, uninterrupted } from '../test/crash/kill-loop.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    optimiser: { type: 'string', default: 'sgd' },
    'forget-momentum': { type: 'boolean', default: false }
  }
})

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'starling-crash-'))
  const kills = Number(values.kills)
  try {
    const result = await killLoop({
      folder,
      kills,
      rng: createRng(Number(values.seed), 'crash'),
      optimiser: values.optimiser === 'adamw' ? 'adamw' : 'sgd',
      ...(values['forget-momentum'] ? { tamper: forgetMomentum } : {}),
      onLife: ({ index, resumed = '-', rounds, saved }) =>
        console.log(`life ${index}: from round ${resumed}, ${rounds} rounds, ${saved} checkpoints`)
    })
    const last = Math.max(...result.losses.keys())
    const whole = await uninterrupted(folder, last)
    const differing = [...result.losses].filter(([round, loss]) => whole.get(round) !== loss)
    for (const breach of result.breaches) console.log(`BREACH ${breach}`)
    console.log(`${kills} kills with seed ${values.seed}: ${result.breaches.length} breaches`)
    console.log(`${last} rounds, ${result.redone} of them done twice`)
    console.log(`${differing.length} of ${result.losses.size} losses differ from those of a run that was never stopped`)

    return result.breaches.length + differing.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) process.exitCode = await main()
