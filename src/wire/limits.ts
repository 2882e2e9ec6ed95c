/** Bytes; the unit of most limits here. */
const KIB = 1024

/** Most bytes of a message or announcement: gossipsub and streams of one message carry control traffic, models go by `pull`. */
export const MAX_MESSAGE_BYTES = 64 * KIB

/** Most bytes of a canonical job: ten times the longest job file we have. */
export const MAX_JOB_BYTES = 16 * KIB

/** Characters of an agent name: `starling/0.1.0 node/24.21.0` with room to spare. */
export const MAX_AGENT_CHARS = 64

/** A job's id: a SHA-256 in lower-case hex. */
export const JOB_ID_CHARS = 64

/** Characters of a peer's id: Ed25519 ids have 52, those of long keys 46. */
export const MAX_PEER_CHARS = 64

/** Characters of an address: a DNS name (253) does not fit beside a peer id; nobody has one that long. */
export const MAX_ADDRESS_CHARS = 256

/** Addresses a node says that it listens on: a laptop has about six, containers add some. */
export const MAX_LISTEN_ADDRESSES = 16

/** Addresses of others in one hello: enough to fill a view in two or three hellos, little enough to check each. */
export const MAX_KNOWN_ADDRESSES = 32

/** Peers that one announcement is addressed to; more than that is a broadcast. */
export const MAX_ANNOUNCEMENT_PEERS = 64

/** Members that one notice tells of: 64 KiB hold 800 at their longest, and a delta is seldom more than a few dozen. */
export const MAX_NOTICE_MEMBERS = 512

/** Members on one page of a view: at their longest, they and the page's head fit one message. */
export const MAX_VIEW_PAGE_MEMBERS = 768

/** Bytes of an invitation: its fields at their longest. */
export const MAX_INVITATION_BYTES = 4 + 1 + 32 + (1 + MAX_PEER_CHARS) + 8 + 8 + 1 + 64

/** Members whose invitations are asked for at once: the answer fits one message. */
export const MAX_INVITATIONS = 64

/** Params of a model: 2^30 float32 are 4 GiB, the most one ArrayBuffer holds on every platform. */
export const MAX_MODEL_DIM = 2 ** 30

/** Most bytes of a hello: all of its fields at their longest. */
export const MAX_HELLO_BYTES =
  4 +
  2 +
  JOB_ID_CHARS +
  (2 + MAX_JOB_BYTES) +
  (1 + MAX_AGENT_CHARS) +
  (1 + MAX_LISTEN_ADDRESSES * (2 + MAX_ADDRESS_CHARS)) +
  (1 + MAX_KNOWN_ADDRESSES * (2 + MAX_ADDRESS_CHARS)) +
  1 +
  (1 + MAX_INVITATION_BYTES)
