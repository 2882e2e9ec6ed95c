import { once } from 'node:events'
import { type AddressInfo, createServer, Server } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { MetricsServer } from '../../../src/node/metrics/metrics-server.ts'

function newServer(port = 0) {
  const lines: string[] = []
  const log = (level: string, message: string): void => void lines.push(`${level} ${message}`)
  const server = new MetricsServer(
    { metrics: async () => '', notReady: () => undefined, log },
    { host: '127.0.0.1', port }
  )
  onTestFinished(() => server.stop())

  return { server, lines }
}

test('a port that is taken is told of with the setting that asked for it, and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(newServer(port).server.start()).rejects.toMatchObject({
    code: 'ERR_CONTROL_LISTEN',
    message: `--metrics 127.0.0.1:${port}: another program uses this port: stop it, or take another port (0: any that is free)`
  })
})

test('a connection that can not be taken is told of, and ends nothing', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  const { server, lines } = newServer()
  await server.start()
  const [inner] = listen.mock.contexts as Server[]
  listen.mockRestore()
  inner!.emit('error', new Error('ENFILE'))
  expect(lines.at(-1)).toBe('warn a connection for metrics failed')
})
