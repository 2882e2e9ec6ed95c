import { isIP } from 'node:net'
import { InvalidConfigError } from '../../interface/errors.ts'
import { isLoopback } from '../control/endpoint.ts'

/** Where metrics are served. */
export interface MetricsAddress {
  readonly host: string
  readonly port: number
}

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID */
export function parseMetricsAddress(text: string): MetricsAddress {
  const match = /^(?:(\[[\da-f:.]+\]|[\d.]+):)?(\d{1,5})$/i.exec(text)
  const host = (match?.[1] ?? '127.0.0.1').replace(/^\[|\]$/g, '')
  const port = Number(match?.[2])
  if (match === null || isIP(host) === 0 || port > 65_535) {
    throw new InvalidConfigError('expected an address and a port, such as 127.0.0.1:9464')
  }

  return { host, port }
}

export function printMetricsAddress({ host, port }: MetricsAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * Metrics say who trains what and how well, to whoever asks.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID when others could ask, and nobody said that they may
 */
export function checkMetricsAddress(address: MetricsAddress, { isOpen }: { isOpen: boolean }): void {
  if (isOpen || isLoopback(address.host)) return

  throw new InvalidConfigError(
    `metrics ${printMetricsAddress(address)}: other machines could read them there; use 127.0.0.1, or say that they may ` +
      'with --metrics-open'
  )
}
