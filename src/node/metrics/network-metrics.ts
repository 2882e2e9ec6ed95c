import { Counter, Gauge, type Registry } from 'prom-client'
import type { NodeEvent, NodeEventSink } from '../events.ts'
import type { InspectContext } from '../inspect/context.ts'

const PATHS = ['direct', 'relayed'] as const
/** Our own codes of what can be refused are fewer. */
const MAX_CODES = 128
const CODE = /^ERR_[A-Z\d_]{1,60}$/

/** Peers, bytes, and what was refused. Peers themselves are no labels: there may be any number of them. */
export function addNetworkMetrics(registry: Registry, context: InspectContext): NodeEventSink {
  addTraffic(registry, context)
  addPeers(registry, context)

  return countEvents(registry)
}

function countEvents(registry: Registry): NodeEventSink {
  const registers = [registry]
  const rejections = new Counter({
    name: 'starling_rejections_total',
    help: 'What peers sent and was refused, by code; docs/ERRORS.md has them.',
    labelNames: ['code'],
    registers
  })
  const connections = new Counter({
    name: 'starling_peers_connected_total',
    help: 'Peers that passed the hello.',
    registers
  })
  const disconnections = new Counter({ name: 'starling_peers_disconnected_total', help: 'Peers that left.', registers })
  const codes = new Set<string>()

  return (event: NodeEvent) => {
    switch (event.event) {
      case 'peer:rejected':
      case 'model:rejected':
        rejections.inc({ code: labelOf(event.code, codes) })
        break
      case 'peer:connected':
        connections.inc()
        break
      case 'peer:disconnected':
        disconnections.inc()
    }
  }
}

/** Each distinct label is kept for good, so there must be an end of them whatever happens elsewhere. */
function labelOf(code: string, known: Set<string>): string {
  if (!known.has(code) && (known.size >= MAX_CODES || !CODE.test(code))) return 'other'
  known.add(code)

  return code
}

function addTraffic(registry: Registry, { inside }: InspectContext): void {
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      }
    })
  }
  counter('starling_bytes_sent_total', 'Bytes handed to the transport.', () => inside().network.traffic().sent)
  counter('starling_bytes_received_total', 'Bytes taken from the transport.', () => inside().network.traffic().received)
  counter(
    'starling_announcements_dropped_total',
    'Announcements dropped because a peer could not keep up.',
    () => inside().network.stats().announcementsDropped
  )
}

function addPeers(registry: Registry, { inside, memory }: InspectContext): void {
  const registers = [registry]
  new Gauge({
    name: 'starling_peers',
    help: 'Connected peers that passed the hello, by how they are reached.',
    labelNames: ['path'],
    registers,
    collect() {
      const facts = inside().network.peerFacts()
      for (const path of PATHS) {
        this.set({ path }, facts.filter(({ isRelayed }) => isRelayed === (path === 'relayed')).length)
      }
    }
  })
  new Gauge({
    name: 'starling_peers_excluded',
    help: 'Connected peers whose models the filter leaves out.',
    registers,
    collect() {
      const peers = inside().network.peers()
      this.set(peers.filter((peer) => memory.scores.get(peer)?.excluded === true).length)
    }
  })
  new Gauge({
    name: 'starling_transfers_serving',
    help: 'Models on their way to peers.',
    registers,
    collect() {
      this.set(inside().network.stats().serving)
    }
  })
}
