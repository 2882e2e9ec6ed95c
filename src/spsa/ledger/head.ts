import type { Peer } from '../../interface/network.ts'
import type { Signing } from '../../interface/signing.ts'
import type { Link } from './chain.ts'

const DOMAIN = 'starling/spsa/head/1'

/** What an author signs: "my log of this job has `length` bytes, and this link after them". */
export interface Head {
  readonly author: Peer
  readonly length: number
  readonly link: Link
}

/** Says what a signature covers, for whoever has the key. */
export function headStatement(jobId: string, { author, length, link }: Head): Uint8Array {
  const text = Buffer.from(`${DOMAIN}\n${jobId}\n${author}\n${length}\n`, 'latin1')
  const statement = new Uint8Array(text.byteLength + link.byteLength)
  statement.set(text)
  statement.set(link, text.byteLength)

  return statement
}

export type Sign = Signing['sign']
export type Verify = Signing['verify']
