import { RejectedError } from '../interface/errors.ts'
import { ByteReader, type Malformed } from './byte-reader.ts'
import { asciiBytes, ByteWriter, EncodeError } from './byte-writer.ts'
import { MAX_ADDRESS_CHARS, MAX_KNOWN_ADDRESSES } from './limits.ts'

export type AddressesRejectCode = 'ERR_ADDRESSES_MALFORMED'

/** A count (uint8), then each address as its length (uint16) and ASCII. @throws {EncodeError} ERR_ENCODE_LIMIT */
export function writeAddresses(writer: ByteWriter, addresses: readonly string[], max: number): void {
  if (addresses.length > max) throw new EncodeError(`${addresses.length} addresses, limit ${max}`)

  writer.uint8(addresses.length)
  for (const address of addresses) {
    const text = asciiBytes(address, MAX_ADDRESS_CHARS)
    writer.uint16(text.byteLength)
    writer.bytes(text)
  }
}

export function readAddresses(reader: ByteReader, max: number, malformed: Malformed): string[] {
  const count = reader.uint8()
  if (count > max) throw malformed('too many addresses')

  return Array.from({ length: count }, () => reader.ascii(reader.uint16(), MAX_ADDRESS_CHARS))
}

/** The answer to a request for addresses. @throws {EncodeError} ERR_ENCODE_LIMIT */
export function encodeAddresses(addresses: readonly string[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(1 + MAX_KNOWN_ADDRESSES * (2 + MAX_ADDRESS_CHARS))
  writeAddresses(writer, addresses, MAX_KNOWN_ADDRESSES)

  return writer.finish()
}

/** Text that claims to be multiaddrs. @throws {RejectedError} ERR_ADDRESSES_MALFORMED (`penalise`); never anything else */
export function decodeAddresses(bytes: Uint8Array): string[] {
  const malformed = (): RejectedError<AddressesRejectCode> =>
    new RejectedError('ERR_ADDRESSES_MALFORMED', 'penalise', 'addresses rejected: ERR_ADDRESSES_MALFORMED', {
      bytes: bytes.byteLength
    })
  const reader = new ByteReader(bytes, malformed)
  const addresses = readAddresses(reader, MAX_KNOWN_ADDRESSES, malformed)
  reader.end()

  return addresses
}
