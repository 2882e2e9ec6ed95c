import { peerIdFromString } from '@libp2p/peer-id'
import type { Peer } from '../interface/network.ts'
import { AddressBook } from './address-book.ts'
import { parseAddress } from './addresses.ts'
import { Admission } from './admission.ts'
import { AnnouncementStreams } from './announcement-streams.ts'
import { Dialer } from './dialer.ts'
import { Discovery } from './discovery.ts'
import { Door } from './door.ts'
import { createGater } from './gater.ts'
import { Hearsay } from './hearsay.ts'
import { HELLO_PROTOCOL } from './hello-service.ts'
import type { Host } from './host.ts'
import { jobDifferences } from './job-difference.ts'
import { createJobHost } from './job-host.ts'
import { Judge } from './judge.ts'
import { chooseKnown } from './known-addresses.ts'
import { DEFAULT_LIMITS, type GossipLimits } from './limits.ts'
import { MessageService } from './message-service.ts'
import { ModelPuller } from './model-puller.ts'
import { ModelServer } from './model-server.ts'
import { ModelStore } from './model-store.ts'
import { DEFAULT_LISTEN, type GossipNetworkInit, listensBeyondLoopback, type MembershipInit } from './network-init.ts'
import { createOwnHello } from './own-hello.ts'
import { PeerTable, pathOf } from './peer-table.ts'
import { DEFAULT_RECONNECT_POLICY } from './reconnect.ts'
import { Reports } from './reports.ts'
import { Roster } from './roster.ts'
import { ScoreBook } from './score-book.ts'
import { StreamGuard } from './stream-guard.ts'
import { TopicService } from './topic-service.ts'
import { TrafficMeter } from './traffic.ts'

/** Everyone who runs the job. */
const OPEN: MembershipInit = { policy: {}, verify: () => false }

/** What a network is made of. */
export interface NetworkParts {
  limits: GossipLimits
  host: Host
  reports: Reports
  traffic: TrafficMeter
  peers: PeerTable
  guard: StreamGuard
  roster: Roster
  door: Door
  judge: Judge
  admission: Admission
  dialer: Dialer
  book: AddressBook
  hearsay: Hearsay
  discovery: Discovery
  topics: TopicService
  streams: AnnouncementStreams
  messages: MessageService
  models: ModelStore
  puller: ModelPuller
  server: ModelServer
  /** Addresses of our peers, to tell one of them. */
  known: (to: Peer, most?: number) => readonly string[]
  /** Full name of a protocol of this job. */
  protocol: (name: string) => string
}

/** Makes the parts and joins them; nothing of it runs yet. */
export async function createParts(init: GossipNetworkInit): Promise<NetworkParts> {
  const { waits, clock, uniform = Math.random, exchange = true, listen = DEFAULT_LISTEN } = init
  const limits = { ...DEFAULT_LIMITS, ...init.limits }
  const prefix = `starling/${init.jobId.slice(0, 16)}`
  const protocol = (name: string): string => `/${prefix}/${name}/1`
  const reports = new Reports(init.log, clock)
  const traffic = new TrafficMeter()
  const peers = new PeerTable((peer, path) => {
    if (path === 'direct') closeRelayed(host, peer)
    if (peers.isMember(peer)) reports.rerouted(peer, path)
  })
  const known = (to: Peer, most?: number): readonly string[] =>
    exchange ? chooseKnown(peers.entries(), to, uniform, most) : []

  const { bans, membership = OPEN } = init
  const roster = createRoster(init, membership, limits)
  const door = new Door({
    clock,
    limits,
    isBannedAddress: (ip) => bans?.isBannedAddress(ip) === true,
    onRefused: reports.barred
  })
  const guard = new StreamGuard({
    peers,
    waits,
    limits,
    open: new Set([HELLO_PROTOCOL]),
    onExcess: reports.excess
  })
  const { host, places, punching } = await createJobHost(init, {
    ...{ limits, traffic, guard, turnsAway: (ip) => door.turnsAway(ip) },
    gater: createGater({
      objectionTo: (peer) => judge.objectionTo(peer),
      isStranger: (peer) => admission.isStranger(peer),
      door,
      onRefused: reports.barred
    })
  })
  const self = host.peerId.toString()

  const judge = new Judge({
    scores: createScores(limits),
    clock,
    objectionTo: (peer) =>
      bans?.isBanned(peer) === true ? 'ERR_PEER_BANNED' : roster.isBarred(peer) ? 'ERR_INVITE_UNLISTED' : undefined,
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
    ...{ host, roster, door, jobId: init.jobId },
    ownHello: createOwnHello(init, {
      ...{ known, isOpen: roster.isOpen, invitation: membership.invitation },
      addresses: () => discovery.watch.addresses()
    }),
    compareJobs: init.compareJobs ?? ((theirs) => jobDifferences(init.jobJson, theirs)),
    onAdmitted: (peer, { agent, listen, known }, { right }) => {
      if (right === 'train') reports.connected(peer, agent, peers.path(peer) ?? 'direct')
      else reports.observed(peer)
      hearsay.fromPeer([...listen, ...known], peer)
    },
    onGone: (peer, { right }) => {
      dialer.gone(peer)
      if (right === 'train') reports.disconnected(peer)
    },
    onMismatch: reports.mismatched,
    onTurnedAway: reports.turnedAway,
    onStuck: (address, error) => reports.stuck(address, error, book.isPinned(address))
  })
  const book = createBook(init, { self, limits, uniform })
  const dialer = new Dialer({
    ...shared,
    ...{ self, book },
    isRefused: (peer) => judge.isRefused(peer) || admission.isStranger(peer),
    connect: async (address, signal) => {
      try {
        return await admission.connect(address, signal)
      } catch (error) {
        await forget(host, address)
        throw error
      }
    }
  })
  const isLocal = !listensBeyondLoopback(listen)
  const hearsay = new Hearsay({ peers, dialer, isLocal, believesOthers: exchange })
  const discovery = new Discovery({ ...shared, init, host, reports, places, punching, learn: hearsay.fromNobody })

  return {
    ...{
      limits,
      host,
      reports,
      traffic,
      peers,
      guard,
      roster,
      door,
      judge,
      admission,
      dialer,
      book,
      hearsay,
      discovery
    },
    ...{ models, known, protocol },
    topics: new TopicService({
      ...{ ...shared, self, pubsub: host.services.pubsub, prefix: `${prefix}/` },
      ...(roster.isOpen ? {} : { mayTrain: (author) => roster.mayTrain(author) })
    }),
    streams: new AnnouncementStreams({
      ...{ ...shared, pubsub: host.services.pubsub },
      identify: (connection) => admission.identify(connection)
    }),
    messages: new MessageService(shared),
    puller: new ModelPuller({ ...shared, protocol: protocol('model') }),
    server: new ModelServer({ ...shared, models })
  }
}

function createRoster(
  { clock, jobId, wallClock = Date.now }: GossipNetworkInit,
  { policy, verify, invitation }: MembershipInit,
  { maxMembers }: GossipLimits
): Roster {
  const roster = new Roster({ policy, verify, jobId, clock, wallClock, maxMembers })
  if (invitation !== undefined) roster.learn(invitation)

  return roster
}

/** A direct connection has taken its place. */
function closeRelayed(host: Host, peer: Peer): void {
  for (const connection of host.getConnections(peerIdFromString(peer))) {
    if (pathOf(connection) === 'relayed') connection.close().catch((error: Error) => connection.abort(error))
  }
}

/** libp2p keeps a record of each peer that it ever dialled: our own book remembers, within its bounds. */
async function forget(host: Host, address: string): Promise<void> {
  const peer = parseAddress(address)?.peer
  if (peer === undefined) return

  const id = peerIdFromString(peer)
  if (host.getConnections(id).length === 0) await host.peerStore.delete(id)
}

function createScores(limits: GossipLimits): ScoreBook {
  return new ScoreBook({
    maxPeers: limits.maxScores,
    refusePoints: limits.refusePoints,
    halfLifeMs: limits.pointsHalfLifeMs,
    refuseMs: limits.refuseMs
  })
}

function createBook(
  { bootstrap = [], remembered = [] }: GossipNetworkInit,
  { self, limits, uniform }: { self: Peer; limits: GossipLimits; uniform: () => number }
): AddressBook {
  const book = new AddressBook({ maxAddresses: limits.maxAddresses, policy: DEFAULT_RECONNECT_POLICY, uniform })
  for (const address of bootstrap) {
    const known = parseAddress(address)!
    // all machines of a swarm may have the same list
    if (known.peer !== self) book.add({ ...known, pinned: true })
  }
  for (const text of remembered) {
    const known = parseAddress(text)
    if (known?.peer !== undefined && known.peer !== self) book.add({ ...known, pinned: false }, { proven: true })
  }

  return book
}
