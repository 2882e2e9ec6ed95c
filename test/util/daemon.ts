import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ControlClient } from '../../src/node/control/client.ts'
import type { ControlSetting } from '../../src/node/control/endpoint.ts'
import { Daemon } from '../../src/node/daemon.ts'
import { chooseShare } from '../../src/node/data-share.ts'
import type { NodeEvent } from '../../src/node/events.ts'
import { loadIdentity } from '../../src/node/identity.ts'
import { type JobInput, resolveJob } from '../../src/node/job.ts'
import { LogBook } from '../../src/node/log/log-book.ts'
import type { MetricsAddress } from '../../src/node/metrics/address.ts'

export interface DaemonOptions {
  job?: JobInput
  slice?: number
  join?: readonly string[]
  control?: ControlSetting
  metrics?: MetricsAddress
}

export interface RunningDaemon {
  daemon: Daemon
  dataDir: string
  events: NodeEvent[]
  logs: string[]
  /** How often the control API has asked it to stop. */
  stopRequests: () => number
  client: () => Promise<ControlClient>
}

/** It trains for as long as a test needs: a small model on half of the data. */
const JOB: JobInput = {
  model: { name: 'linear' },
  data: { set: 'glyphs', nodes: 2 },
  budget: { seconds: 600 },
  evaluation: { points: 0 }
}

/** A node as `starling node` runs it, in this process, training; stopped when the test is over. */
export async function startDaemon({ job = {}, slice = 0, ...options }: DaemonOptions = {}): Promise<RunningDaemon> {
  const dataDir = mkdtempSync(join(tmpdir(), 'starling-daemon-'))
  const resolved = resolveJob({ ...JOB, ...job }, 'test')
  const events: NodeEvent[] = []
  const logs: string[] = []
  let stopRequests = 0
  const daemon = await Daemon.create({
    job: resolved,
    privateKey: await loadIdentity(dataDir),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    join: options.join ?? [],
    device: 'cpu',
    threads: 1,
    share: (self) => chooseShare(resolved, self, { slice }),
    awaitPeers: 0,
    awaitMs: 1000,
    dataDir,
    control: options.control ?? { kind: 'unix' },
    metrics: options.metrics,
    env: process.env,
    settings: [],
    logBook: new LogBook({
      levels: { all: 'debug' },
      format: 'json',
      out: { write: (line) => logs.push(line), isTerminal: false }
    }),
    requestStop: () => {
      stopRequests++
    },
    emit: (event) => events.push(event)
  })
  const stop = new AbortController()
  let running = Promise.resolve()
  onTestFinished(async () => {
    stop.abort(new Error('the test is over'))
    await running
    await daemon.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  await daemon.start()
  running = daemon.run({ signal: stop.signal }).catch(() => undefined)
  const client = async (): Promise<ControlClient> => {
    const connected = await ControlClient.connect(daemon.endpoint!)
    onTestFinished(() => connected.close())

    return connected
  }

  return { daemon, dataDir, events, logs, stopRequests: () => stopRequests, client }
}
