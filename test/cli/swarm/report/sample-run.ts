import { type NodeRecord, newNodeRecord, type RunRecord } from '../../../../src/cli/swarm/run-record.ts'
import { type JobInput, jobId, resolveJob } from '../../../../src/node/job.ts'
import { topologyEdges } from '../../../../src/node/topology-edges.ts'

export interface SampleOptions {
  nodes: number
  /** Indices of nodes that die half-way. */
  died?: readonly number[]
  classes?: number
  held?: number
  job?: JobInput
}

/** A run as a healthy swarm makes it: every figure is made up, none is random. */
export function sampleRun({ nodes, died = [], classes = 10, held = 2, job = {} }: SampleOptions): RunRecord {
  const resolved = resolveJob(
    {
      name: 'sample',
      seed: 7,
      data: { set: 'glyphs', partition: `classes:${held}`, nodes },
      budget: { rounds: 60 },
      ...job
    },
    'test'
  )

  const records = Array.from({ length: nodes }, (_, i) => sampleNode(i, classes, held, died.includes(i)))

  return {
    job: resolved,
    jobId: jobId(resolved),
    versions: {
      starling: '0.1.0',
      node: '24.21.0',
      onnxruntime: '1.30.0',
      libp2p: '3.3.11',
      platform: 'linux-x64',
      processor: 'Example Processor 3000',
      cores: 2
    },
    device: 'cpu',
    startedAt: '2026-03-01T12:34:56.789Z',
    seconds: 58.3,
    nodes: records,
    aggregations: [],
    merges: new Map(),
    incidents: [],
    simulated: undefined,
    edges: topologyEdges(
      resolved,
      records.map(({ peer }) => peer!)
    ),
    baseline: {
      alone: Array.from({ length: nodes }, (_, i) => (died.includes(i) ? undefined : 0.18 + 0.004 * (i % 9))),
      pooled: 0.978
    },
    interrupted: false
  }
}

/** A run that was stopped before any node said a word. */
export function emptyRun(nodes: number): RunRecord {
  return {
    ...sampleRun({ nodes: Math.max(1, nodes) }),
    nodes: Array.from({ length: nodes }, (_, i) => newNodeRecord(i)),
    edges: [],
    seconds: 0.2,
    baseline: undefined,
    interrupted: true
  }
}

function sampleNode(index: number, classes: number, held: number, died: boolean): NodeRecord {
  const points = died ? 9 : 20
  const curve = Array.from({ length: points + 1 }, (_, i) => ({
    seconds: 1.4 + 2 * i + 0.05 * (index % 7),
    round: 3 * i,
    accuracy: 0.1 + (0.85 - 0.002 * (index % 11)) * (1 - Math.exp(-i / 4)) + 0.02 * Math.sin(i * (index + 2))
  }))

  return {
    ...newNodeRecord(index),
    peer: `12D3KooWSamplePeerNumber${String(index).padStart(28, 'x')}`,
    state: died ? 'died' : 'left',
    classCounts: Array.from({ length: classes }, (_, label) =>
      (label + classes - ((index * held) % classes)) % classes < held ? 600 - 20 * ((index + label) % 9) : 0
    ),
    examples: held * 550,
    rounds: 3 * points,
    trained: 3 * points,
    steps: 30 * points,
    merged: 11 * points,
    curve,
    ...(died
      ? { reason: 'killed by SIGKILL', lastHeardSeconds: 19.8 }
      : { accuracy: curve.at(-1)!.accuracy, lastHeardSeconds: 57.1 }),
    bytes: { sent: 940_000 * points + 31_000 * index, received: 930_000 * points - 17_000 * index }
  }
}
