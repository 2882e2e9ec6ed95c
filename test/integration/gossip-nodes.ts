import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { generateKey } from '../../src/gossip/key.ts'
import { GossipNetwork, type GossipNetworkInit } from '../../src/gossip/network.ts'
import type { Clock } from '../../src/interface/clock.ts'
import { WaitRegister } from '../../src/interface/waits.ts'

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: async (delayMs, { signal } = {}) => {
    try {
      await delay(delayMs, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  }
}

export const JOB = '{"model":"mlp","rounds":10}'

export function jobIdOf(jobJson: string): string {
  return createHash('sha256').update(jobJson).digest('hex')
}

export type NodeInit = Partial<GossipNetworkInit> & { job?: string }

/** A real node on 127.0.0.1, stopped when the test has finished. */
export async function startNode({ job = JOB, ...init }: NodeInit = {}): Promise<GossipNetwork> {
  const network = await GossipNetwork.create({
    privateKey: await generateKey(),
    jobId: jobIdOf(job),
    jobJson: job,
    agent: 'starling/test',
    waits: new WaitRegister({ clock: realClock }),
    clock: realClock,
    ...init
  })
  onTestFinished(() => network.stop())
  await network.start()

  return network
}

/** Nodes connected to the first of them, and by it to one another. */
export async function startNodes(count: number, init: NodeInit = {}): Promise<GossipNetwork[]> {
  const first = await startNode(init)
  const others = await Promise.all(
    Array.from({ length: count - 1 }, () => startNode({ ...init, bootstrap: first.addresses() }))
  )
  const nodes = [first, ...others]
  await until(() => nodes.every((node) => node.peers().length === count - 1))

  return nodes
}

/** Waits for a condition, not for a time. */
export async function until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`still not: ${condition}`)
    await delay(5)
  }
}

/** Waits for a condition that comes with an announcement, of which gossipsub drops those before it knows who listens. */
export async function untilHeard(condition: () => boolean, announce: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`still not: ${condition}`)
    await announce()
    await delay(100) // more often would be a flood
  }
}
