import { describe, expect, test } from 'vitest'
import type { LearnerEvent } from '../../../src/interface/events.ts'
import type { LearnerState, RestVisitor } from '../../../src/interface/rest.ts'
import type { SPSALearner } from '../../../src/learners/spsa/learner.ts'
import { Operator } from '../../../src/node/inspect/operator.ts'
import { createProjectionLearner } from '../../../src/node/projection-learner.ts'
import { SimulatedDisk } from '../../../src/node/simulation/disk.ts'
import { SimulatedSigning } from '../../../src/sim/signing.ts'
import { VirtualTrainer } from '../../../src/sim/virtual-trainer.ts'
import { projectionJob } from '../../spsa/job-replica.ts'
import { Keeper } from '../../util/kept-state.ts'
import { QuadraticTrainer } from '../../util/quadratic-trainer.ts'
import { type Life, SimulatedSwarm, STEP_MS } from '../simulated-swarm.ts'

const STEPS = 150

/** Machines with disks; `resume` is what the next life of any of them goes on from. */
class Machines {
  readonly keepers: Keeper[] = []
  readonly operators: Operator[] = []
  readonly disks: SimulatedDisk[]
  readonly swarm: SimulatedSwarm<SPSALearner>
  resume: LearnerState | undefined
  /** Of the newest life. */
  onRest: Keeper['onRest'] = () => undefined

  constructor(nodes: number) {
    const job = projectionJob(nodes, STEPS, { range: { lo: 2 ** -8, hi: 2 ** 8 }, batchProjections: 8, queries: 2 })
    const signing = new SimulatedSigning()
    this.disks = Array.from({ length: nodes }, () => new SimulatedDisk())
    this.swarm = new SimulatedSwarm<SPSALearner>(7, ({ i, host, waits, vectors, emit }) => {
      const trainer = new VirtualTrainer({ trainer: new QuadraticTrainer([1, -1, i / 4]), host, stepMs: STEP_MS })
      const { network, clock } = host
      const keeper = new Keeper()
      const operator = new Operator({ waits, isRunning: () => true })
      this.keepers.push(keeper)
      this.operators.push(operator)
      const rest: RestVisitor = async (now, options) => {
        await keeper.visit(now, options)
        await operator.visit(now, options)
      }
      keeper.onRest = (rest) => this.onRest(rest)
      const parts = {
        ...{ network, clock, waits, vectors, emit, signing: signing.of(`node${i}`), journal: this.disks[i]! },
        ...{ rest, ...(this.resume === undefined ? {} : { resume: this.resume }) }
      }

      return createProjectionLearner(job, parts, trainer)
    })
  }
}

const finalOf = ({ events }: Life<SPSALearner>): Extract<LearnerEvent, { event: 'replica:measured' }> | undefined =>
  events.filter((event) => event.event === 'replica:measured').find(({ final }) => final)

async function whole(): Promise<string> {
  const { swarm } = new Machines(1)
  const [life] = await swarm.start(1)
  await swarm.finish()

  return finalOf(life!)!.modelHash
}

describe('a lone node ends with the bits of one that never stopped', () => {
  test('when it is told to stop, and goes on from its last rest', async () => {
    const machines = new Machines(1)
    const [first] = await machines.swarm.start(1)
    machines.onRest = ({ steps }) => steps === 51 && first!.abort.abort(new Error('told to stop'))
    await machines.swarm.finish()
    expect(first!.end).toBe('told to stop')
    first!.host.crash()
    const [keeper] = machines.keepers
    expect(keeper!.rests.at(-1)).toMatchObject({ isLast: true, steps: 51 })
    machines.resume = keeper!.last
    machines.onRest = () => undefined
    const second = machines.swarm.join(0)
    await machines.swarm.finish()

    expect(second.end).toBe('done')
    expect(finalOf(second)).toMatchObject({ modelHash: await whole(), projections: 2 * STEPS })
    expect(machines.keepers[1]!.last.steps).toBe(STEPS)
  })

  test('when it crashes, with a checkpoint that is older than its journal', async () => {
    const machines = new Machines(1)
    const [first] = await machines.swarm.start(1)
    machines.onRest = ({ steps }) => steps === 101 && machines.swarm.crash(first!)
    await machines.swarm.finish()
    const old = machines.keepers[0]!.states.find(({ steps }) => steps === 40)!
    machines.resume = old
    const applied: number[] = []
    machines.onRest = () => applied.push(second.learner.replica?.applied ?? 0)
    const second: Life<SPSALearner> = machines.swarm.join(0)
    await machines.swarm.finish()

    expect(finalOf(second)).toMatchObject({ modelHash: await whole(), projections: 2 * STEPS })
    // what the state had in it was taken over, and not gone through again
    expect(applied[0]).toBeLessThan(2 * 101 - 2 * 40 + 20)
    expect(applied[0]).toBeGreaterThan(20)
  })

  test('when its state is of other logs than its journal: then it goes through those', async () => {
    const machines = new Machines(1)
    const [first] = await machines.swarm.start(1)
    machines.onRest = ({ steps }) => steps === 51 && first!.abort.abort(new Error('told to stop'))
    await machines.swarm.finish()
    first!.host.crash()
    const state = machines.keepers[0]!.last
    const acc = Int32Array.from(state.vectors.acc!, (sum) => sum ^ 1)
    const data = { ...(state.data as object), setHash: 'ab'.repeat(32) }
    machines.resume = { ...state, vectors: { ...state.vectors, acc }, data }
    machines.onRest = () => undefined
    const second = machines.swarm.join(0)
    await machines.swarm.finish()

    expect(finalOf(second)).toMatchObject({ modelHash: await whole() })
  })
})

test('a node whose disk lost the end of its log, which it had told nobody, does not write another', async () => {
  const machines = new Machines(3)
  const { swarm, disks, keepers } = machines
  const lives = await swarm.start(3)
  machines.onRest = ({ steps }) => steps >= 60 && lives[1]!.abort.abort(new Error('told to stop'))
  await swarm.simulator.run({ until: () => lives[1]!.end !== undefined, maxMs: 100_000 })
  machines.resume = keepers[1]!.last
  machines.onRest = () => undefined
  lives[1]!.host.crash()
  await disks[1]!.rewrite(disks[1]!.takeRecords().slice(0, 3))
  // cut off, so that the others can't bring it back before it writes
  swarm.simulator.partition([['node1'], ['node0', 'node2']])
  const again = swarm.join(1)
  swarm.simulator.schedule(500, () => swarm.simulator.heal())
  await swarm.finish()

  expect(swarm.lives.flatMap(({ events }) => events).filter(({ event }) => event === 'author:voided')).toEqual([])
  const ends = [lives[0]!, lives[2]!, again]
  expect(ends.map(({ end }) => end)).toEqual(['done', 'done', 'done'])
  expect(new Set(ends.map((life) => finalOf(life)!.modelHash)).size).toBe(1)
  expect(finalOf(again)!.projections).toBe(3 * 2 * STEPS)
  expect(again.events.filter(({ event }) => event === 'journal:mended')).toHaveLength(1)
  // and it is on disk again, in case the next checkpoint is not
  const own = disks[1]!
    .takeRecords()
    .flatMap((each) => ('batch' in each && each.batch.author === 'node1' ? [each.batch] : []))
  expect(Math.max(...own.map(({ start, bytes }) => start + bytes.byteLength))).toBe(2 * STEPS)
  expect(Math.min(...own.map(({ start }) => start))).toBe(0)
})

test('a paused node measures nothing and keeps what others write; resumed, it has that in its model before it measures', async () => {
  const machines = new Machines(3)
  const { swarm, disks, operators } = machines
  const lives = await swarm.start(3)
  const paused = lives[1]!
  const own = (): number => paused.learner.replica!.ledger.lengthOf('node1')
  machines.onRest = () => paused.learner.status.steps === 40 && operators[1]!.pause()
  const isHeld = (): boolean => paused.waits.list().some(({ kind }) => kind === 'operator')
  await swarm.simulator.run({ until: isHeld, maxMs: 100_000 })
  machines.onRest = () => undefined
  const [before, applied] = [own(), paused.learner.replica!.applied]
  const hasRun = (): boolean => lives[0]!.learner.status.steps >= 100
  await swarm.simulator.run({ until: hasRun, maxMs: 100_000 })

  expect(own()).toBe(before)
  expect(paused.learner.replica!.applied).toBe(applied)
  const { waiting } = paused.learner.replica!
  expect(waiting).toBeGreaterThan(150)
  const kept = disks[1]!
    .takeRecords()
    .flatMap((each) =>
      'batch' in each && each.batch.author === 'node0' ? [each.batch.start + each.batch.bytes.byteLength] : []
    )
  expect(Math.max(...kept)).toBeGreaterThan(150)
  const after: number[] = []
  machines.onRest = () => paused.learner.status.steps === 41 && after.push(paused.learner.replica!.applied)
  operators[1]!.resume()
  await swarm.finish()

  expect(after[0]).toBeGreaterThanOrEqual(applied + waiting)
  expect(lives.map(({ end }) => end)).toEqual(['done', 'done', 'done'])
  expect(new Set(lives.map((life) => finalOf(life)!.modelHash)).size).toBe(1)
  expect(finalOf(paused)!.projections).toBe(3 * 2 * STEPS)
})
