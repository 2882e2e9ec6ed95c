import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { JOB_PREFIX } from './gossip-hostile-peer.ts'

export const PUBSUB_PROTOCOL = '/meshsub/1.1.0'
export const TOPIC = `${JOB_PREFIX}/models`

/** A protobuf field of bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of((number << 3) | 2), varint(bytes.byteLength), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.of(...bytes, rest)
    bytes.push((rest & 0x7f) | 0x80)
  }
}

export interface RawMessage {
  from?: Uint8Array
  data?: Uint8Array
  seqno?: Uint8Array
  signature?: Uint8Array
}

/** A message of gossipsub on our topic, as true or forged as you like. */
export function message({ from, data, seqno, signature }: RawMessage): Buffer {
  const fields = [from, data, seqno, Buffer.from(TOPIC), signature]

  return Buffer.concat(fields.flatMap((bytes, i) => (bytes === undefined ? [] : [field(i + 1, bytes)])))
}

/** What `author` signs: a valid message. */
export async function signed(author: PrivateKey, seqno: number, data: Uint8Array): Promise<Required<RawMessage>> {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(seqno))
  const unsigned = { from: peerIdFromPrivateKey(author).toMultihash().bytes, data, seqno: number }
  const signature = await author.sign(Buffer.concat([Buffer.from('libp2p-pubsub:'), message(unsigned)]))

  return { ...unsigned, signature }
}

/** One RPC with its length before it. */
export function rpc(messages: readonly RawMessage[], more: readonly Buffer[] = []): Buffer {
  return framed(Buffer.concat([...messages.map((raw) => field(2, message(raw))), ...more]))
}

/** Part of an RPC: subscribes to our topic. */
export function subscribe(): Buffer {
  return field(1, Buffer.concat([Buffer.of(1 << 3, 1), field(2, Buffer.from(TOPIC))]))
}

/** Part of an RPC: asks to be in the mesh of our topic. */
export function graft(): Buffer {
  return field(3, field(3, field(1, Buffer.from(TOPIC))))
}

export function framed(body: Uint8Array): Buffer {
  return Buffer.concat([varint(body.byteLength), body])
}
