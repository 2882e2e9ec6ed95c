/**
 * What goes over the wire besides the payload. Measured between two real nodes on one machine, encryption and
 * multiplexing included: 239 bytes there and 205 back
 * for an empty message.
 */

/** Whoever opens a stream: negotiation of the protocol, window updates, the end. */
const OPENING_BYTES = 235
/** The other side of it. */
const ANSWERING_BYTES = 205
/** A piece of its own: a Yamux header of 12 bytes, Noise's length of 2 and tag of 16. */
const PIECE_BYTES = 30
/** Length before a frame's payload. */
const FRAME_BYTES = 4
/** Author, number, signature and topic of an announcement, and its piece. */
const ANNOUNCEMENT_BYTES = 220
const PULL_REQUEST_BYTES = 41
const PULL_STATUS_BYTES = 1
/** A chunk of a model, see `SEND_CHUNK_BYTES` in gossip: a Yamux frame of four Noise messages. */
const CHUNK_BYTES = 262_064
const CHUNK_OVERHEAD_BYTES = 12 + 4 * 18

/** A message or request of `bytes`, from whoever sends it. */
export function messageWireBytes(bytes: number): number {
  return OPENING_BYTES + FRAME_BYTES + bytes
}

/** What the other side sends back for a message, or when it fails to answer. */
export function emptyAnswerWireBytes(): number {
  return ANSWERING_BYTES
}

export function answerWireBytes(bytes: number): number {
  return ANSWERING_BYTES + PIECE_BYTES + FRAME_BYTES + bytes
}

export function announcementWireBytes(bytes: number): number {
  return ANNOUNCEMENT_BYTES + bytes
}

/** With two more window updates than other streams need. */
export function pullRequestWireBytes(): number {
  return OPENING_BYTES + 2 * PIECE_BYTES + PULL_REQUEST_BYTES
}

/** "Not found" or "busy". */
export function pullRefusalWireBytes(): number {
  return ANSWERING_BYTES + PIECE_BYTES + PULL_STATUS_BYTES
}

export function modelWireBytes(bytes: number): number {
  const chunks = Math.ceil(bytes / CHUNK_BYTES)

  return ANSWERING_BYTES + PIECE_BYTES + PULL_STATUS_BYTES + bytes + chunks * CHUNK_OVERHEAD_BYTES
}
