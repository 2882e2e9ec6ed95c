import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { ControlClient } from '../../../src/node/control/client.ts'
import type { NodeHandlers } from '../../../src/node/control/dispatch.ts'
import type { ControlEndpoint } from '../../../src/node/control/endpoint.ts'
import type { ControlLimits } from '../../../src/node/control/limits.ts'
import { METHODS } from '../../../src/node/control/schema.ts'
import { type ControlAddress, ControlServer } from '../../../src/node/control/server.ts'
import { EventFeed } from '../../../src/node/event-feed.ts'
import { systemClock } from '../../../src/node/system-clock.ts'

/** A folder that goes when the test does. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'starling-control-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))

  return path
}

/** Methods that a test gives no handler for fail the test. */
export function handlersWith(some: Partial<NodeHandlers>): NodeHandlers {
  const refuse = (): never => {
    throw new Error('not in this test')
  }
  const none = Object.fromEntries(Object.keys(METHODS).map((name) => [name, refuse])) as unknown as NodeHandlers

  return { ...none, ...some }
}

export interface Owner {
  server: ControlServer
  feed: EventFeed
  bugs: Error[]
  endpoint: ControlEndpoint
  path: string
  client: () => Promise<ControlClient>
}

export interface OwnerInit {
  handlers?: Partial<NodeHandlers>
  limits?: Partial<ControlLimits>
  token?: string
}

/** A control server as a node has one, stopped when the test is over, and clients for it. */
export async function serve({ handlers = {}, limits = {}, token }: OwnerInit = {}): Promise<Owner> {
  const path = join(temporaryFolder(), 'control.sock')
  const address: ControlAddress =
    token === undefined ? { kind: 'unix', path } : { kind: 'tcp', host: '127.0.0.1', port: 0, token }
  const feed = new EventFeed()
  const bugs: Error[] = []
  const server = new ControlServer(
    {
      handlers: handlersWith(handlers),
      feed,
      waits: new WaitRegister({ clock: systemClock }),
      onBug: (error) => bugs.push(error)
    },
    address,
    limits
  )
  await server.start()
  onTestFinished(() => server.stop())
  const endpoint: ControlEndpoint = address.kind === 'unix' ? address : { ...address, port: server.port }
  const client = async (): Promise<ControlClient> => {
    const connected = await ControlClient.connect(endpoint)
    onTestFinished(() => connected.close())

    return connected
  }

  return { server, feed, bugs, endpoint, path, client }
}
