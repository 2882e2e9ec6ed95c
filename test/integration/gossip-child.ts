/** One node in a process of its own, for tests that kill it: `serve` offers a large model, `pull` fetches one again and again. */
import { createHash } from 'node:crypto'
import { generateKey } from '../../src/gossip/key.ts'
import { GossipNetwork } from '../../src/gossip/network.ts'
import type { Clock } from '../../src/interface/clock.ts'
import { WaitRegister } from '../../src/interface/waits.ts'
import { encodeModel } from '../../src/wire/model-codec.ts'

const JOB = '{"model":"mlp","rounds":10}'
const DIM = 8_000_000
const LIFETIME_MS = 60_000

const clock: Clock = {
  now: () => performance.now(),
  sleep: (delayMs, { signal } = {}) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, delayMs)
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
}

const [task, bootstrap] = process.argv.slice(2)
const network = await GossipNetwork.create({
  privateKey: await generateKey(),
  bootstrap: [bootstrap!],
  jobId: createHash('sha256').update(JOB).digest('hex'),
  jobJson: JOB,
  agent: 'starling/test',
  waits: new WaitRegister({ clock }),
  clock
})
// whatever becomes of the parent, no process stays behind
setTimeout(() => process.exit(), LIFETIME_MS).unref()
process.on('disconnect', () => process.exit())

const ref = network.offer(encodeModel(new Float32Array(DIM)))
network.on('peer:connected', async ({ peer }) => {
  while (task === 'pull') await network.pull(peer, ref)
})
await network.start()
process.send?.({ self: network.self })
