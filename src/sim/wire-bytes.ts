/** Length before a frame's payload. */
const FRAME_BYTES = 4
/** Yamux header of 12 bytes, and Noise's length (2) and tag (16). */
const PIECE_BYTES = 30
/** What opening and closing a stream costs in each direction: negotiation of the protocol, window updates, the end. */
const STREAM_BYTES = 120
/** Author, number, signature and topic of an announcement. */
const ANNOUNCEMENT_BYTES = 200
const PULL_REQUEST_BYTES = 41
const PULL_STATUS_BYTES = 1
/** A piece of a model: a Yamux frame of four Noise messages, see `SEND_CHUNK_BYTES` in gossip. */
const CHUNK_BYTES = 262_064
const CHUNK_OVERHEAD_BYTES = 12 + 4 * 18

/** One message of `bytes` on a stream of its own, one way. */
export function messageWireBytes(bytes: number): number {
  return FRAME_BYTES + bytes + PIECE_BYTES + STREAM_BYTES
}

/** A stream that ended without a frame. */
export function emptyStreamWireBytes(): number {
  return PIECE_BYTES + STREAM_BYTES
}

export function announcementWireBytes(bytes: number): number {
  return bytes + ANNOUNCEMENT_BYTES + PIECE_BYTES
}

export function pullRequestWireBytes(): number {
  return PULL_REQUEST_BYTES + PIECE_BYTES + STREAM_BYTES
}

/** "Not found" or "busy". */
export function pullRefusalWireBytes(): number {
  return PULL_STATUS_BYTES + PIECE_BYTES + STREAM_BYTES
}

export function modelWireBytes(bytes: number): number {
  const chunks = Math.ceil(bytes / CHUNK_BYTES)

  return PULL_STATUS_BYTES + bytes + chunks * CHUNK_OVERHEAD_BYTES + PIECE_BYTES + STREAM_BYTES
}
