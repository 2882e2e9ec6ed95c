import type { MemberEntry, MemberStatus } from '../interface/membership.ts'
import type { ByteReader, Malformed } from './byte-reader.ts'
import { asciiBytes, type ByteWriter, EncodeError } from './byte-writer.ts'
import { MAX_PEER_CHARS } from './limits.ts'

/** Top bit of the byte that holds the peer's length, which needs seven. */
const LEFT = 0x80
/** "Never", -1 in a record. */
const NEVER = 0xffff_ffff

/** Longest form of one entry. An Ed25519 peer's takes 69 bytes. */
export const MAX_ENTRY_BYTES = 1 + MAX_PEER_CHARS + 16

/**
 * Peer (length and status in one byte, then ASCII), last active, last silent,
 * index and since, each uint32.
 *
 * @throws {EncodeError} ERR_ENCODE_LIMIT
 */
export function writeEntry(writer: ByteWriter, entry: MemberEntry): void {
  const text = asciiBytes(entry.peer, MAX_PEER_CHARS)
  writer.uint8(text.byteLength | (entry.status === 'leave' ? LEFT : 0))
  writer.bytes(text)
  writeRoundOrNever(writer, entry.lastActive)
  writeRoundOrNever(writer, entry.lastSilent)
  writer.uint32(entry.index)
  writer.uint32(entry.since)
}

/** Reads one entry; its rounds are not yet held against anything, see {@link isEntryWithin}. */
export function readEntry(reader: ByteReader): MemberEntry {
  const head = reader.uint8()
  const status: MemberStatus = (head & LEFT) === 0 ? 'join' : 'leave'
  const peer = reader.ascii(head & ~LEFT, MAX_PEER_CHARS)
  const lastActive = readRoundOrNever(reader)
  const lastSilent = readRoundOrNever(reader)
  const index = reader.uint32()
  const since = reader.uint32()

  return { peer, lastActive, lastSilent, index, status, since }
}

/** Is no round of the entry later than `maxRound`? A far one would hold for ever, as records only grow. */
export function isEntryWithin(entry: MemberEntry, maxRound: number): boolean {
  return entry.lastActive <= maxRound && entry.lastSilent <= maxRound && entry.since <= maxRound
}

/**
 * Reads `count` entries, of which a peer may have one; keeps those whose
 * rounds are within `maxRound`. The others are dropped, not fatal: nodes drift
 * apart, and the sender may only pass on what it was told.
 */
export function readEntries(reader: ByteReader, count: number, maxRound: number, malformed: Malformed): MemberEntry[] {
  const peers = new Set<string>()
  const kept: MemberEntry[] = []

  for (let k = 0; k < count; k++) {
    const entry = readEntry(reader)
    peers.add(entry.peer)
    if (peers.size !== k + 1) throw malformed('two entries of one peer')
    if (isEntryWithin(entry, maxRound)) kept.push(entry)
  }

  return kept
}

/** @throws {EncodeError} ERR_ENCODE_LIMIT */
export function writeRoundOrNever(writer: ByteWriter, round: number): void {
  if (round === NEVER) throw new EncodeError('the last uint32 is no round')
  writer.uint32(round === -1 ? NEVER : round)
}

export function readRoundOrNever(reader: ByteReader): number {
  const value = reader.uint32()

  return value === NEVER ? -1 : value
}
