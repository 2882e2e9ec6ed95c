import { readFileSync } from 'node:fs'
import { get, request } from 'node:http'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startDaemon } from '../util/daemon.ts'

const poll = { timeout: 60_000, interval: 100 }
const TIMEOUT_MS = 180_000

interface Page {
  status: number
  type: string
  body: string
}

/** What a path answers, asked for as curl does. */
function page(port: number, path: string, headers: Record<string, string> = {}): Promise<Page> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('end', () =>
        resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body })
      )
    }).on('error', reject)
  })
}

/** What Grafana asks for, in the file that is shipped. */
function dashboard() {
  const file = new URL('../../packaging/grafana/starling.json', import.meta.url)
  const { uid, title, schemaVersion, panels } = JSON.parse(readFileSync(file, 'utf8')) as {
    uid: string
    title: string
    schemaVersion: number
    panels: { id: number; type: string; title: string; gridPos: object; targets?: { expr: string; refId: string }[] }[]
  }
  return { uid, title, schemaVersion, panels }
}

function documented(): string {
  return readFileSync(new URL('../../docs/METRICS.md', import.meta.url), 'utf8')
}

/** Names of metrics in an expression of PromQL: ours all begin alike. */
function namesIn(expression: string): string[] {
  return expression.match(/\bstarling_[a-z_]+/g) ?? []
}

const UNITS =
  /(_total|_seconds|_bytes|_ratio|_nats|_projections|_info|_round|_phase|_paused|_peers|_peers_excluded|_waits|_serving|_descriptors|_bans)$/

test(
  'a node in training is measured; its dashboard asks for nothing that is not there',
  async () => {
    const node = await startDaemon({ metrics: { host: '127.0.0.1', port: 0 } })
    const port = node.daemon.metricsPort!
    await expect.poll(async () => (await page(port, '/metrics')).body, poll).toMatch(/^starling_rounds_total [1-9]/m)
    const { status, type, body } = await page(port, '/metrics')
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])

    const helped = new Map([...body.matchAll(/^# HELP (\S+) (.+)$/gm)].map(([, name, help]) => [name!, help!]))
    const typed = [...body.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!)
    expect(typed.length).toBeGreaterThan(25)
    expect(typed.filter((name) => (helped.get(name) ?? '').length < 10)).toEqual([])
    expect(typed.filter((name) => !name.startsWith('starling_') || !UNITS.test(name))).toEqual([])
    // and described for people, in the same words
    const described = [...documented().matchAll(/^\| `(starling_\w+)` \| \w+ \| [^|]*\| (.+) \|$/gm)]
    expect(described.map(([, name, help]) => `${name}: ${help}`).sort()).toEqual(
      [...helped].map(([name, help]) => `${name}: ${help}`).sort()
    )
    // peers may call themselves what they like: no label is theirs
    const { peer } = await (await node.client()).call('status')
    expect(body).not.toContain(peer.slice(-8))

    const served = new Set([
      ...typed,
      ...typed.flatMap((name) => ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`))
    ])
    const { uid, title, schemaVersion, panels } = dashboard()
    expect([uid, title, schemaVersion >= 36]).toEqual(['starling', 'Starling', true])
    const drawn = panels.filter(({ type: kind }) => kind !== 'row')
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const panel of drawn) {
      expect(panel.targets?.length, panel.title).toBeGreaterThan(0)
      for (const { expr } of panel.targets!) {
        expect(namesIn(expr).length, panel.title).toBeGreaterThan(0)
        expect(
          namesIn(expr).filter((name) => !served.has(name)),
          panel.title
        ).toEqual([])
      }
    }
    // and shows all that there is, but for what says when it began
    const shown = new Set(drawn.flatMap(({ targets }) => targets!.flatMap(({ expr }) => namesIn(expr))))
    const hidden = typed.filter((name) => ![...shown].some((each) => each === name || each.startsWith(`${name}_`)))
    expect(hidden).toEqual(['starling_steps_total', 'starling_uptime_seconds', 'starling_projections'])
  },
  TIMEOUT_MS
)

test(
  'health, and whoever asks for something else',
  async () => {
    const node = await startDaemon({ metrics: { host: '127.0.0.1', port: 0 } })
    const port = node.daemon.metricsPort!
    expect(await page(port, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' })
    expect(await page(port, '/readyz')).toMatchObject({ status: 200, body: 'ready\n' })
    expect(await page(port, '/etc/passwd')).toMatchObject({ status: 404 })
    // as a web page asks that has its own name lead here
    expect(await page(port, '/metrics', { host: 'evil.example' })).toMatchObject({ status: 403 })
    expect(await page(port, '/metrics', { host: 'localhost' })).toMatchObject({ status: 200 })
    const posted = await new Promise<number>((resolve, reject) => {
      const posting = request(
        { host: '127.0.0.1', port, method: 'POST', path: '/metrics', agent: false },
        (response) => {
          response.resume()
          resolve(response.statusCode!)
        }
      )
      posting.on('error', reject).end('x'.repeat(1000))
    })
    expect(posted).toBe(405)

    const bloated = connect(port, '127.0.0.1')
    let text = ''
    bloated.on('data', (chunk) => {
      text += chunk
    })
    bloated.on('error', () => undefined)
    bloated.write(`GET /metrics HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
    await expect.poll(() => text, poll).toMatch(/^HTTP\/1.1 431 /)
    expect(await page(port, '/healthz')).toMatchObject({ status: 200 })

    const stopped = node.daemon.stop()
    await stopped
    await expect(page(port, '/healthz')).rejects.toThrow()
  },
  TIMEOUT_MS
)
