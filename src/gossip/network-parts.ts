import type { Peer } from '../interface/network.ts'
import type { Hello } from '../wire/hello-codec.ts'
import { AddressBook } from './address-book.ts'
import { parseAddress } from './addresses.ts'
import { Admission } from './admission.ts'
import { Dialer } from './dialer.ts'
import { createGater } from './gater.ts'
import { HELLO_PROTOCOL } from './hello-service.ts'
import { createHost, type Host } from './host.ts'
import { jobDifferences } from './job-difference.ts'
import { Judge } from './judge.ts'
import { DEFAULT_LIMITS, type GossipLimits } from './limits.ts'
import { MessageService } from './message-service.ts'
import { ModelPuller } from './model-puller.ts'
import { ModelServer } from './model-server.ts'
import { ModelStore } from './model-store.ts'
import { DEFAULT_LISTEN, type GossipNetworkInit } from './network-init.ts'
import { createOwnHello } from './own-hello.ts'
import { PeerTable } from './peer-table.ts'
import { DEFAULT_RECONNECT_POLICY } from './reconnect.ts'
import { Reports } from './reports.ts'
import { ScoreBook } from './score-book.ts'
import { StreamGuard } from './stream-guard.ts'
import { TopicService } from './topic-service.ts'
import { TrafficMeter } from './traffic.ts'

/** What a network is made of. */
export interface NetworkParts {
  limits: GossipLimits
  host: Host
  reports: Reports
  traffic: TrafficMeter
  peers: PeerTable
  guard: StreamGuard
  judge: Judge
  admission: Admission
  dialer: Dialer
  topics: TopicService
  messages: MessageService
  models: ModelStore
  puller: ModelPuller
  server: ModelServer
  /** Where others can reach us, each ending in our id; empty until started. */
  addresses: () => string[]
  /** Full name of a protocol of this job. */
  protocol: (name: string) => string
}

/** Makes the parts and joins them; nothing of it runs yet. */
export async function createParts(init: GossipNetworkInit): Promise<NetworkParts> {
  const { waits, clock, uniform = Math.random } = init
  const limits = { ...DEFAULT_LIMITS, ...init.limits }
  const prefix = `starling/${init.jobId.slice(0, 16)}`
  const protocol = (name: string): string => `/${prefix}/${name}/1`
  const peers = new PeerTable()
  const reports = new Reports(init.log)
  const traffic = new TrafficMeter()

  const guard = new StreamGuard({
    peers,
    waits,
    limits,
    open: new Set([HELLO_PROTOCOL]),
    onExcess: reports.excess
  })
  const host = await createHost({
    privateKey: init.privateKey,
    listen: init.listen ?? DEFAULT_LISTEN,
    agent: init.agent,
    gater: createGater({
      isRefused: (peer) => judge.isRefused(peer),
      isStranger: (peer) => admission.isStranger(peer)
    }),
    traffic,
    limits,
    guard
  })
  const self = host.peerId.toString()
  const addresses = (): string[] => host.getMultiaddrs().map((address) => address.toString())

  const judge = new Judge({
    scores: createScores(limits),
    clock,
    report: reports.rejected,
    disconnect: (peer, code) => {
      reports.refused(peer, code)
      admission.disconnect(peer, code)
    }
  })
  const shared = { peers, judge, waits, clock, limits, onError: reports.error }
  const models = new ModelStore(limits.maxOffers)
  const admission: Admission = new Admission({
    ...shared,
    host,
    ownHello: createOwnHello(init, { addresses, peers, uniform }),
    compareJobs: init.compareJobs ?? ((theirs) => jobDifferences(init.jobJson, theirs)),
    onAdmitted: (peer, { agent, listen, known }: Hello) => {
      reports.connected(peer, agent)
      dialer.learn([...listen, ...known])
    },
    onGone: (peer: Peer) => {
      dialer.gone(peer)
      reports.disconnected(peer)
    },
    onMismatch: reports.mismatched
  })
  const dialer = new Dialer({
    ...shared,
    self,
    book: createBook(init, limits, uniform),
    isRefused: (peer) => judge.isRefused(peer) || admission.isStranger(peer),
    connect: (address, signal) => admission.connect(address, signal)
  })

  return {
    ...{ limits, host, reports, traffic, peers, guard, judge, admission, dialer, models, addresses, protocol },
    topics: new TopicService({ ...shared, self, pubsub: host.services.pubsub, prefix: `${prefix}/` }),
    messages: new MessageService(shared),
    puller: new ModelPuller({ ...shared, protocol: protocol('model') }),
    server: new ModelServer({ ...shared, models })
  }
}

function createScores(limits: GossipLimits): ScoreBook {
  return new ScoreBook({
    maxPeers: limits.maxScores,
    refusePoints: limits.refusePoints,
    halfLifeMs: limits.pointsHalfLifeMs,
    refuseMs: limits.refuseMs
  })
}

function createBook({ bootstrap = [] }: GossipNetworkInit, limits: GossipLimits, uniform: () => number): AddressBook {
  const book = new AddressBook({ maxAddresses: limits.maxAddresses, policy: DEFAULT_RECONNECT_POLICY, uniform })
  for (const address of bootstrap) book.add({ ...parseAddress(address)!, pinned: true })

  return book
}
