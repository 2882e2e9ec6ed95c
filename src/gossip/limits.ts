/** Bounds of one node's networking; `docs/PROTOCOL.md` says what happens at each. */
export interface GossipLimits {
  /** Connections at once, the gated ones included: file descriptors, and 64 KiB or so of buffers for each. */
  maxConnections: number
  /** Peers we dial up to by ourselves; beyond that we only accept. */
  targetPeers: number
  /** Addresses of others that we remember; the newest replaces the one that failed most. */
  maxAddresses: number
  /** A connection whose hello has not arrived by then is closed: a round trip, and a busy machine's start-up. */
  helloTimeoutMs: number
  /** One dial, with its handshakes. */
  dialTimeoutMs: number
  /** A message to be taken, or a request to be answered. */
  messageTimeoutMs: number
  /** A transfer of which no byte has moved for this long is given up: the longest pause of an honest busy machine. */
  stallMs: number
  /** Every transfer may take this long, plus its bytes at `slowestBytesPerSecond`. */
  transferBaseMs: number
  /** Slower than a bad telephone line: whoever is slower holds a buffer of the model's size for nothing. */
  slowestBytesPerSecond: number
  /** Times that a broken transfer goes on from where it stopped. */
  maxResumes: number
  /** Models on offer; the oldest goes first. Four rounds are more than anyone still asks for. */
  maxOffers: number
  /** Models served at once: they share the uplink, so more would only make all of them late. */
  maxServed: number
  /** Models served to one peer at once: it asks for one, and for one more when a round overtakes it. */
  maxServedPerPeer: number
  /** Models fetched at once: each holds a buffer of its size. */
  maxPulls: number
  /** Announcements of one author: rounds take tens of milliseconds at the very least. */
  announcementsPerSecond: number
  announcementBurst: number
  /** Announcements that one peer brings along for others: what a whole swarm of busy authors makes. */
  forwardsPerSecond: number
  forwardBurst: number
  /** Messages and requests of one peer. */
  messagesPerSecond: number
  messageBurst: number
  /** Bytes of messages and requests of one peer, and as many of the announcements that it brings. Models are asked for. */
  bytesPerSecond: number
  byteBurst: number
  /** Models that one peer asks for: each round has one, and takes tens of milliseconds at the very least. */
  pullsPerSecond: number
  pullBurst: number
  /**
   * Handshakes that strangers may cost, from one address (with IPv6: a network of 2^64), and all together. Who turns out
   * to be a member has cost none. One with its hello, refused, took 7 to 20 ms of a slow machine's processor.
   */
  handshakesPerSecond: number
  handshakeBurst: number
  allHandshakesPerSecond: number
  allHandshakeBurst: number
  /** Connections whose hello has not passed yet, from one address and in all: a busy machine takes seconds for each. */
  maxPendingPerHost: number
  maxPending: number
  /** Bytes on such a connection: the hello, and what a member sends before it knows that its own has passed. */
  maxStrangerBytes: number
  /** Connections that one peer may open, one after another. */
  reconnectsPerSecond: number
  reconnectBurst: number
  /** Addresses, and peers, of which we know how often they connect; the least recent goes first. */
  maxHosts: number
  /** Members of a swarm by invitation that we remember. */
  maxMembers: number
  /** Streams of one connection that wait for the hello: an honest peer opens a handful before it knows that it passed. */
  maxEarlyStreams: number
  /** Streams of one peer that are served at once, over all its connections and protocols. */
  maxStreamsPerPeer: number
  /** Misdeeds remembered at once; the least recent goes first. */
  maxScores: number
  /** Points at which a peer is refused; a penalised message is 10 points, so the fifth in a row is the last. */
  refusePoints: number
  /** Half of the points are forgotten after this long: honest peers make few mistakes, far apart. */
  pointsHalfLifeMs: number
  /** How long a refused peer stays refused. */
  refuseMs: number
  /** Relays at which a node that can't be reached keeps a place: one may go. */
  maxRelays: number
  /** Places that a relay gives, one for each node: each costs a connection, which it has anyway, and a timer. */
  maxRelayPlaces: number
  /** Connections through a relay that one node may have: a swarm's worth. */
  maxRelayedStreams: number
  /** Bytes of one connection through a relay, both ways: more than two nodes announce in the time it lasts. */
  relayedBytes: number
  /** And how long it lasts; then it is made anew. */
  relayedMs: number
  /** Nodes that the local network tells of: what many nodes say at once, and then what one more says now and then. */
  foundPerSecond: number
  foundBurst: number
  /** What libp2p remembers, of peers and of the hash table: so many records of each, so long at most. */
  maxRecords: number
  maxRecordBytes: number
}

export const DEFAULT_LIMITS: Readonly<GossipLimits> = Object.freeze({
  maxConnections: 128,
  targetPeers: 64,
  maxAddresses: 512,
  helloTimeoutMs: 10_000,
  dialTimeoutMs: 10_000,
  messageTimeoutMs: 15_000,
  stallMs: 15_000,
  transferBaseMs: 30_000,
  slowestBytesPerSecond: 16_384,
  maxResumes: 3,
  maxOffers: 4,
  maxServed: 32,
  maxServedPerPeer: 4,
  maxPulls: 32,
  announcementsPerSecond: 50,
  announcementBurst: 100,
  forwardsPerSecond: 1000,
  forwardBurst: 2000,
  messagesPerSecond: 200,
  messageBurst: 400,
  bytesPerSecond: 2 * 1024 * 1024,
  byteBurst: 16 * 1024 * 1024,
  pullsPerSecond: 50,
  pullBurst: 100,
  handshakesPerSecond: 1,
  handshakeBurst: 64,
  allHandshakesPerSecond: 2,
  allHandshakeBurst: 128,
  maxPendingPerHost: 64,
  maxPending: 96,
  maxStrangerBytes: 1024 * 1024,
  reconnectsPerSecond: 0.5,
  reconnectBurst: 16,
  maxHosts: 4096,
  maxMembers: 4096,
  maxEarlyStreams: 16,
  maxStreamsPerPeer: 128,
  maxScores: 1024,
  refusePoints: 45,
  pointsHalfLifeMs: 60_000,
  refuseMs: 600_000,
  maxRelays: 2,
  maxRelayPlaces: 64,
  maxRelayedStreams: 64,
  relayedBytes: 64 * 1024 * 1024,
  relayedMs: 30 * 60_000,
  foundPerSecond: 4,
  foundBurst: 64,
  maxRecords: 2048,
  maxRecordBytes: 16 * 1024
})
