import type { Peer } from '../../src/interface/network.ts'
import { peerNames } from '../../src/node/simulation/peer-names.ts'
import type { SimulationEvent } from '../../src/node/simulation-types.ts'
import type { TraceEvent } from '../../src/sim/trace.ts'
import type { RunSeedInit } from './run-seed.ts'
import { drawScenario } from './scenario.ts'
import type { Attempt, Finding } from './search.ts'

export function describeAttempt({ learner, seed }: Attempt): string {
  return `${learner} seed ${seed}`
}

/** What broke, and how to see it again. */
export function describeFinding({ breach, ...attempt }: Finding): string {
  const { invariant, node, what, ms } = breach
  const who = node === undefined ? 'the run' : `node ${node}`
  const { learner, seed, merge, robust } = attempt
  const how = `${merge === undefined ? '' : ` --merge ${merge}`}${robust === undefined ? '' : ` --robust ${robust}`}`
  const replay = `npm run test:chaos -- --learner ${learner} --seed ${seed}${how} --trace`

  return `BROKEN ${describeAttempt(attempt)}: ${invariant}: ${who} at ${ms.toFixed(3)} ms: ${what}\n  ${replay}`
}

/** Hooks that write a line for everything that the network does and nodes report: peers as node numbers, times in ms. */
export function tracing(
  { learner, seed }: Attempt,
  write: (line: string) => void
): Pick<RunSeedInit, 'onTrace' | 'onEvent'> {
  const { nodes } = drawScenario(learner, seed)
  const numbers = new Map(peerNames(nodes, seed).map((peer, index) => [peer, index]))
  const nameOf = (peer: Peer | undefined): string => (peer === undefined ? '' : `${numbers.get(peer)}`)
  const rename = (_key: string, value: unknown): unknown =>
    typeof value === 'string' && numbers.has(value) ? `node ${numbers.get(value)}` : value

  return {
    onTrace: ({ ms, kind, from, to, what = '', bytes }: TraceEvent) =>
      write(`${ms.toFixed(3)} ${kind} ${nameOf(from)}>${nameOf(to)} ${what} ${bytes ?? ''}`.trimEnd()),
    onEvent: (ms: number, node: number, { event, ...more }: SimulationEvent) =>
      write(`${ms.toFixed(3)} node ${node} ${event} ${JSON.stringify(more, rename)}`)
  }
}
