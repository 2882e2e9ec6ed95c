import { InvalidConfigError } from '../../interface/errors.ts'

/** Where a node is to listen for its owner. */
export type ControlSetting = { kind: 'off' } | { kind: 'unix' } | { kind: 'tcp'; host: string; port: number }

/** Where a node listens. */
export type ControlEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly token: string }

const FORMS = 'unix, off, or tcp://127.0.0.1:PORT (port 0: any that is free)'

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID, also for an address that other machines can reach */
export function parseControl(text: string): ControlSetting {
  if (text === 'unix' || text === 'off') return { kind: text }

  const match = /^tcp:\/\/(\[[\da-f:.]+\]|[^:/[\]]+):(\d{1,5})$/i.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) throw new InvalidConfigError(`control "${text}": expected ${FORMS}`)

  const host = match[1]!.replace(/^\[|\]$/g, '')
  if (!isLoopback(host)) {
    throw new InvalidConfigError(
      `control "${text}": whoever reaches the control API commands the node, so it listens on this machine only ` +
        '(127.0.0.1 or [::1]); from elsewhere use ssh'
    )
  }

  return { kind: 'tcp', host, port }
}

/** Names are not looked up: they may lead anywhere. */
export function isLoopback(host: string): boolean {
  return host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** `unix:/run/user/1000/starling/3f.sock`, `tcp://127.0.0.1:9300`: for people; no token. */
export function endpointText(endpoint: ControlEndpoint): string {
  if (endpoint.kind === 'unix') return `unix:${endpoint.path}`

  const { host, port } = endpoint

  return `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`
}
