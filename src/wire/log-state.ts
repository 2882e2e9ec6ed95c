import type { Peer } from '../interface/network.ts'
import type { ByteReader } from './byte-reader.ts'
import { type ByteWriter, EncodeError } from './byte-writer.ts'
import { hashBytes, hashText } from './hex.ts'
import { MAX_PEER_CHARS } from './limits.ts'
import { readPeer, writePeer } from './log-batch-codec.ts'

/** How much of one author's log there is. */
export interface LogExtent {
  readonly author: Peer
  /** uint32. */
  readonly length: number
  /** From where it is void, by a proof that is there too. */
  readonly voidFrom?: number
}

/** How much of one author's log a node has, and which of its logs it is, if the author has written two. */
export interface LogState extends LogExtent {
  /** First 8 bytes of the link after `length` bytes; 16 lower-case hex digits. */
  readonly tip: string
}

export const TIP_BYTES = 8
/** Bytes of a state, at its longest. */
export const MAX_LOG_STATE_BYTES = 1 + MAX_PEER_CHARS + 4 + 4 + TIP_BYTES

const NOT_VOID = 0xffff_ffff
const TIP = /^[0-9a-f]{16}$/

/** Bytes that {@link writeLogStates} takes. */
export function logStatesBytes(logs: readonly LogState[]): number {
  return logs.reduce((sum, { author }) => sum + 1 + author.length + 4 + 4 + TIP_BYTES, 2)
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function writeLogStates(writer: ByteWriter, logs: readonly LogState[]): void {
  writer.uint16(logs.length)
  for (const { author, length, voidFrom, tip } of logs) {
    if (!TIP.test(tip)) throw new EncodeError('a tip has 16 lower-case hex digits')
    writePeer(writer, author)
    writer.uint32(length)
    writer.uint32(voidFrom ?? NOT_VOID)
    writer.bytes(hashBytes(tip))
  }
}

/** States of distinct authors, at most `limit`; what else there is, is malformed. */
export function readLogStates(reader: ByteReader, limit: number, malformed: () => Error): LogState[] {
  const count = reader.uint16()
  if (count > limit) throw malformed()

  const logs = new Map<Peer, LogState>()
  for (let i = 0; i < count; i++) {
    const [author, length, place] = [readPeer(reader), reader.uint32(), reader.uint32()]
    const tip = hashText(reader.bytes(TIP_BYTES))
    logs.set(author, { author, length, tip, ...(place === NOT_VOID ? {} : { voidFrom: place }) })
  }
  if (logs.size !== count) throw malformed()

  return [...logs.values()]
}
