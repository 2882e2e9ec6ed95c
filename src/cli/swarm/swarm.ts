import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '../../interface/errors.ts'
import type { Peer } from '../../interface/network.ts'
import type { ByzantineNode } from '../../node/byzantine.ts'
import type { NodeEvent } from '../../node/events.ts'
import { nameOfNode } from '../../node/identity.ts'
import type { Job } from '../../node/job.ts'
import { topologyEdges } from '../../node/topology-edges.ts'
import { versions } from '../../node/versions.ts'
import { isHonest } from './byzantine.ts'
import { Child, type ChildInit } from './child.ts'
import type { RunFolder } from './run-folder.ts'
import { type NodeRecord, newRunRecord, type RunRecord, recordRunEvent } from './run-record.ts'

export interface SwarmInit {
  job: Job
  folder: RunFolder
  /** A device by name: "auto" is settled once, not by each node. */
  device: string
  /** Who attacks. */
  byzantine: readonly ByzantineNode[]
  /** Where node 0, which is always honest, writes its model at the end. */
  save?: string | undefined
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal
  /** After every event. */
  onChange: (swarm: Swarm) => void
  onNote: (text: string) => void
}

/** Start-up of one node: loading the program and the data, on a machine that starts many. */
const READY_DEADLINE_MS = 60_000
/** How long the last nodes may take after the first has left, before they count as stuck. */
const STUCK_MS = 60_000
/** What Byzantine nodes get to end by themselves, when the honest ones have: one that was shut out may wait for ever. */
const BYZANTINE_STOP_MS = 2_000
/** A node that says nothing for so long is stuck, whatever the others do: a round of the largest model here takes seconds. */
const SILENT_MS = 300_000
/** From the request to stop to the kill. */
const STOP_MS = 10_000
/** From the kill to giving up on it: a driver can hold a process that is killed already. */
const KILL_MS = 5_000
const POLL_MS = 50

/** N real node processes on this machine, and what is known of them. */
export class Swarm {
  readonly record: RunRecord
  readonly #init: SwarmInit
  readonly #children: Child[] = []
  readonly #startedMs = performance.now()
  #addresses: string[] = []
  #firstLeftMs: number | undefined
  /** When the last honest node had ended. */
  #honestEndedMs: number | undefined
  /** Of the Byzantine nodes, by index: so that they know each other. */
  readonly #names = new Map<number, Peer>()

  constructor(init: SwarmInit) {
    const { job, device, byzantine } = init
    this.#init = init
    this.record = newRunRecord(job, { versions: versions(), device, byzantine })
  }

  get seconds(): number {
    return (performance.now() - this.#startedMs) / 1000
  }

  /** Runs until every process has ended, whatever ended it. Leaves none behind. */
  async run(): Promise<void> {
    try {
      await this.#nameByzantine()
      await this.#spawn(0)
      await this.#firstReady()
      for (let index = 1; index < this.record.nodes.length; index++) await this.#spawn(index)
      await this.#allEnded()
    } finally {
      await this.#stopAll()
      this.record.seconds = this.seconds
      this.record.interrupted = this.#init.signal.aborted
    }
  }

  /** SIGKILL to everything: the second Ctrl-C. */
  killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  async #nameByzantine(): Promise<void> {
    const { byzantine, folder } = this.#init
    for (const { node } of byzantine) this.#names.set(node, await nameOfNode(folder.nodeFolder(node)))
  }

  #roleOf(index: number): ChildInit['byzantine'] {
    const { attack } = this.record.nodes[index]!
    if (attack === undefined) return undefined
    const accomplices = [...this.#names].flatMap(([node, name]) => (node === index ? [] : name))

    return { attack, attackers: this.#names.size, accomplices }
  }

  async #spawn(index: number): Promise<void> {
    const { job, folder, device, save } = this.#init
    const nodes = this.record.nodes.length
    const child = await Child.spawn({
      jobPath: folder.jobPath,
      folder: folder.nodeFolder(index),
      index,
      device,
      threads: Math.max(1, Math.floor(cpus().length / job.data.nodes)),
      awaitPeers: nodes - 1,
      join: this.#addresses,
      byzantine: this.#roleOf(index),
      save: index === 0 ? save : undefined,
      onEvent: (event) => this.#onEvent(index, event),
      onExit: ({ failed, reason }) => this.#onExit(index, failed, reason)
    })
    this.#children.push(child)
    const { attack } = this.record.nodes[index]!
    const role = attack === undefined ? {} : { attack }
    folder.event(this.seconds, index, { event: 'process:started', pid: child.pid, ...role })
  }

  #onEvent(index: number, event: NodeEvent): void {
    const { seconds } = this
    recordRunEvent(this.record, index, event, seconds)
    this.#init.folder.event(seconds, index, event)
    if (event.event === 'node:ready') {
      if (this.#addresses.length === 0) this.#addresses = event.addresses
      const ready = this.record.nodes.flatMap(({ peer }) => peer ?? [])
      if (ready.length === this.record.nodes.length) this.record.edges = topologyEdges(this.#init.job, ready)
    }
    this.#init.onChange(this)
  }

  #onExit(index: number, failed: boolean, reason: string): void {
    const node = this.record.nodes[index]!
    this.#init.folder.event(this.seconds, index, { event: 'process:ended', failed, reason })
    if (!failed && !isHonest(node)) node.state = 'left' // it may have been told to
    if (node.state === 'left' || (!failed && this.#init.signal.aborted)) this.#firstLeftMs ??= performance.now()
    else {
      node.state = 'died'
      node.reason ??= reason
      this.record.incidents.push({ kind: 'crashed', seconds: this.seconds, node: index })
      this.#init.onNote(`node ${index} died in round ${node.rounds}: ${node.reason}; the others go on`)
    }
    this.#init.onChange(this)
  }

  async #firstReady(): Promise<void> {
    const [first] = this.record.nodes as [NodeRecord]
    while (first.state === 'starting') {
      if (this.#init.signal.aborted) return
      if (this.seconds * 1000 > READY_DEADLINE_MS) this.#giveUp(0, 'was not ready in time')
      await sleep(POLL_MS)
    }
    if (first.state === 'died') {
      throw new CodedError('ERR_SWARM_START', `the first node did not start: ${first.reason}`)
    }
  }

  async #allEnded(): Promise<void> {
    while (this.#children.some(({ running }) => running) && !this.#init.signal.aborted) {
      for (const [index, child] of this.#children.entries()) if (child.running) this.#checkAlive(index)
      this.#stopByzantine()
      await sleep(POLL_MS)
    }
  }

  /** The run is over when the honest nodes are through. */
  #stopByzantine(): void {
    const isOver = this.#children.every(({ running }, index) => !running || !isHonest(this.record.nodes[index]!))
    if (!isOver) return

    this.#honestEndedMs ??= performance.now()
    if (performance.now() - this.#honestEndedMs < BYZANTINE_STOP_MS) return
    for (const child of this.#children) child.kill('SIGTERM')
    this.#honestEndedMs = Number.POSITIVE_INFINITY // told once
  }

  #checkAlive(index: number): void {
    const node = this.record.nodes[index]!
    if (node.state === 'starting' && this.seconds * 1000 > 2 * READY_DEADLINE_MS) {
      this.#giveUp(index, 'was not ready in time')
    }
    const silentMs = (this.seconds - node.lastHeardSeconds) * 1000
    if (silentMs > SILENT_MS) this.#giveUp(index, `was silent for ${Math.round(silentMs / 1000)} s`)
    if (this.#firstLeftMs !== undefined && performance.now() - this.#firstLeftMs > STUCK_MS && silentMs > STUCK_MS) {
      this.#giveUp(index, `was silent for ${Math.round(silentMs / 1000)} s while others finished`)
    }
  }

  #giveUp(index: number, reason: string): void {
    this.record.nodes[index]!.reason = reason
    this.#children[index]?.kill('SIGKILL')
  }

  async #stopAll(): Promise<void> {
    for (const child of this.#children) child.kill('SIGTERM')
    await this.#childrenEnd(STOP_MS)
    this.killAll()
    await this.#childrenEnd(KILL_MS)
  }

  async #childrenEnd(timeoutMs: number): Promise<void> {
    const untilMs = performance.now() + timeoutMs
    while (this.#children.some(({ running }) => running) && performance.now() < untilMs) await sleep(POLL_MS)
  }
}
