import { RejectedError } from '../interface/errors.ts'
import type { Peer } from '../interface/network.ts'
import { ByteReader } from './byte-reader.ts'
import { asciiBytes, ByteWriter, EncodeError } from './byte-writer.ts'
import { MAX_INVITATION_BYTES, MAX_INVITATIONS, MAX_PEER_CHARS } from './limits.ts'

export type InvitationsRejectCode = 'ERR_INVITES_MALFORMED'

/** Whose invitations are asked for: a count (uint8), then each name as its length (uint8) and ASCII. */
export function encodeInvitationsQuery(peers: readonly Peer[]): Uint8Array<ArrayBuffer> {
  return encodeList(
    peers.map((peer) => asciiBytes(peer, MAX_PEER_CHARS)),
    MAX_PEER_CHARS
  )
}

/** @throws {RejectedError} ERR_INVITES_MALFORMED (`penalise`); never anything else */
export function decodeInvitationsQuery(bytes: Uint8Array): Peer[] {
  return decodeList(bytes, (reader) => reader.ascii(reader.uint8(), MAX_PEER_CHARS))
}

/** Those invitations that are known, in any order: as the query. */
export function encodeInvitations(tokens: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return encodeList(tokens, MAX_INVITATION_BYTES)
}

/** Not yet decoded themselves. @throws {RejectedError} ERR_INVITES_MALFORMED (`penalise`); never anything else */
export function decodeInvitations(bytes: Uint8Array): Uint8Array[] {
  return decodeList(bytes, (reader, malformed) => {
    const length = reader.uint8()
    if (length > MAX_INVITATION_BYTES) throw malformed()

    return Uint8Array.from(reader.bytes(length))
  })
}

function encodeList(items: readonly Uint8Array[], maxBytes: number): Uint8Array<ArrayBuffer> {
  if (items.length > MAX_INVITATIONS) throw new EncodeError(`${items.length} invitations, limit ${MAX_INVITATIONS}`)

  const writer = new ByteWriter(1 + items.length * (1 + maxBytes))
  writer.uint8(items.length)
  for (const item of items) {
    writer.uint8(item.byteLength)
    writer.bytes(item)
  }

  return writer.finish()
}

function decodeList<T>(bytes: Uint8Array, read: (reader: ByteReader, malformed: () => RejectedError) => T): T[] {
  const malformed = (): RejectedError<InvitationsRejectCode> =>
    new RejectedError('ERR_INVITES_MALFORMED', 'penalise', 'invitations rejected: ERR_INVITES_MALFORMED', {
      bytes: bytes.byteLength
    })
  const reader = new ByteReader(bytes, malformed)
  const count = reader.uint8()
  if (count > MAX_INVITATIONS) throw malformed()
  const items = Array.from({ length: count }, () => read(reader, malformed))
  reader.end()

  return items
}
