import { CodedError } from '../interface/errors.ts'
import type { Host } from './host.ts'

/** `  /ip4/127.0.0.1/tcp/4001: listen EADDRINUSE: address already in use 127.0.0.1:4001`, as libp2p lists them. */
const FAILURE = /^ {2}(\/\S+): (.*)$/gm

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port: stop it, or take another port (0: any that is free)',
  EADDRNOTAVAIL: 'this machine does not have that address: take one of its own, or 0.0.0.0 for all (/ip4/0.0.0.0)',
  EACCES: 'no permission for this port: take one from 1024',
  ENOTFOUND: 'this name is not known: take an address of this machine',
  EAI_AGAIN: 'this name is not known: take an address of this machine'
}

/** Starts a host. @throws {CodedError} ERR_NETWORK_LISTEN, a line for each address that it can't listen on */
export async function startHost(host: Pick<Host, 'start'>): Promise<void> {
  try {
    await host.start()
  } catch (error) {
    throw listenError(error)
  }
}

function listenError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'UnsupportedListenAddressesError') return error
  const lines = [...error.message.matchAll(FAILURE)].map(
    ([, address, text]) => `--listen ${address}: ${reasonOf(text!)}`
  )
  if (lines.length === 0) return error

  return new CodedError('ERR_NETWORK_LISTEN', lines.join('\n'), { addresses: lines.length }, { cause: error })
}

/** @param text - the system's message, with its code */
export function reasonOf(text: string): string {
  const [code = ''] = /\bE[A-Z_]{3,}\b/.exec(text) ?? []

  return REASONS[code] ?? `can't be listened on (${text})`
}
