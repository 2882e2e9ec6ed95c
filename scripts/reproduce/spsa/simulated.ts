import type { JobInput } from '../../../src/node/job.ts'
import type { SimulationEvent } from '../../../src/node/simulation-types.ts'
import { type RunningSwarm, simulate } from '../modest/simulate.ts'
import { mean } from '../statistics.ts'

/** How good the model was, and what had been sent for it. */
export interface CurvePoint {
  /** Steps with projections, rounds with models. */
  round: number
  accuracy: number
  /** In nats; undefined where models of several nodes are one point. */
  loss: number | undefined
  /** Projections that exist, a byte each; undefined with models. */
  payload: number | undefined
  /** Bytes that all nodes had sent, of messages as they are on a socket. */
  wire: number
}

export interface LearningCurve {
  points: CurvePoint[]
  /** Mean over the nodes, or of the server's model, on the whole test set. */
  accuracy: number
  /** Models that differ at the end, by their hash; 0 with models. */
  replicas: number
  payload: number | undefined
  wire: number
  /** Of virtual time. */
  seconds: number
}

export interface CurveInit {
  job: JobInput
  /** Ends at the first point with this accuracy. */
  until?: number
}

/** Runs a job in the simulator, undisturbed, and draws its curve: of one replica, of the server, or of the mean. */
export async function drawCurve({ job, until = Infinity }: CurveInit): Promise<LearningCurve> {
  const points: CurvePoint[] = []
  const finals: number[] = []
  const hashes = new Set<string>()
  let payload: number | undefined
  const onPoint = (point: CurvePoint, swarm: RunningSwarm): void => {
    points.push(point)
    if (point.accuracy >= until) swarm.stop()
  }
  const watch = job.learner?.name === 'spsa' ? watchReplica(onPoint) : watchModels(job, onPoint)
  const run = await simulate({
    job,
    onEvent: (ms, node, event, swarm) => {
      watch(ms, node, event, swarm)
      if (event.event === 'model:evaluated' && event.final) finals.push(event.accuracy)
      if (event.event !== 'replica:measured' || !event.final) return
      hashes.add(event.modelHash)
      payload = event.projections
    }
  })
  const accuracy = finals.length === 0 ? points.at(-1)!.accuracy : mean(finals)

  return { points, accuracy, replicas: hashes.size, payload, wire: run.sentBytes, seconds: run.virtualMs / 1000 }
}

type Watch = (ms: number, node: number, event: SimulationEvent, swarm: RunningSwarm) => void
type OnPoint = (point: CurvePoint, swarm: RunningSwarm) => void

/** The first node's replica; the others are as far, but for what is on its way. */
function watchReplica(onPoint: OnPoint): Watch {
  let [accuracy, loss] = [0, 0]

  return (_ms, node, event, swarm) => {
    if (node !== 0) return
    if (event.event === 'model:evaluated') [accuracy, loss] = [event.accuracy, event.loss]
    if (event.event !== 'replica:measured') return
    const { round, projections: payload } = event
    onPoint({ round, accuracy, loss, payload, wire: swarm.sentBytes() }, swarm)
  }
}

/** The mean of all who evaluate in a round: of all nodes, or of the server alone. */
function watchModels({ learner, data }: JobInput, onPoint: OnPoint): Watch {
  const evaluators = learner?.name === 'fedavg' ? 1 : data!.nodes!
  const byRound = new Map<number, number[]>()

  return (_ms, _node, event, swarm) => {
    if (event.event !== 'model:evaluated' || event.final) return
    const { round } = event
    const accuracies = [...(byRound.get(round) ?? []), event.accuracy]
    byRound.set(round, accuracies)
    if (accuracies.length < evaluators) return
    const loss = evaluators === 1 ? event.loss : undefined
    onPoint({ round, accuracy: mean(accuracies), loss, payload: undefined, wire: swarm.sentBytes() }, swarm)
  }
}
