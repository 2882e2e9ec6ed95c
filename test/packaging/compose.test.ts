import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = join(ROOT, 'packaging/compose')

interface Service {
  build?: { context: string; dockerfile: string }
  command?: string[]
  hostname?: string
  environment?: Record<string, unknown>
  volumes?: string[]
  ports?: string[]
  stop_grace_period?: string
}

const readYaml = (path: string) => parse(readFileSync(path, 'utf8'), { merge: true })
const compose: { services: Record<string, Service>; volumes: Record<string, null> } = readYaml(
  join(FOLDER, 'compose.yaml')
)
const nodes = Object.entries(compose.services).filter(([name]) => name.startsWith('node-'))
const prometheus = readYaml(join(ROOT, 'packaging/prometheus/prometheus.yaml'))

/** `source:target:mode` of a service. */
const mounts = ({ volumes = [] }: Service) => volumes.map((text) => text.split(':') as [string, string, string?])

describe('the compose file', () => {
  test('has three nodes, each with a slice and a volume of its own', () => {
    expect(nodes).toHaveLength(3)
    expect(new Set(nodes.map(([, { environment }]) => environment?.['STARLING_SLICE'])).size).toBe(3)
    const data = nodes.map(([, service]) => mounts(service).find(([, target]) => target === '/data')?.[0])
    expect(data).toEqual(nodes.map(([name]) => name))
    // made anew, each knows its lock again
    expect(nodes.map(([, { hostname }]) => hostname)).toEqual(nodes.map(([name]) => name))
    const job = readYaml(join(FOLDER, 'job.yaml'))
    expect(job.data.nodes).toBe(nodes.length)
    expect(job.budget).toBeUndefined()
  })

  test.each(Object.entries(compose.services))('what %s mounts and builds from is there', (_, service) => {
    for (const [source] of mounts(service)) {
      if (source.startsWith('.')) expect(existsSync(resolve(FOLDER, source)), source).toBe(true)
      else expect(Object.keys(compose.volumes)).toContain(source)
    }
    if (service.build === undefined) return
    expect(resolve(FOLDER, service.build.context)).toBe(resolve(ROOT))
    expect(existsSync(resolve(FOLDER, service.build.context, service.build.dockerfile))).toBe(true)
  })

  test.each(nodes)('%s: its command and its variables are understood', (_, service) => {
    for (const value of Object.values(service.environment!)) expect(typeof value).toBe('string')
    const job = mounts(service).find(([, target]) => target === service.command?.[1])?.[0]
    expect(service.command).toEqual(['node', '/job.yaml'])
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['bin/starling.js', 'config', '--no-config', '--json', resolve(FOLDER, job!)],
      { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...(service.environment as Record<string, string>) } }
    )

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const settings: { origin: string }[] = JSON.parse(stdout).settings
    const origins = settings.map(({ origin }) => origin)
    expect(origins.sort()).toEqual(
      Object.keys(service.environment!)
        .map((name) => `env ${name}`)
        .sort()
    )
  })

  test('the other nodes join the first by its name, at the port of the image', () => {
    const [first, ...others] = nodes
    const listen = /STARLING_LISTEN=\/ip4\/0\.0\.0\.0\/tcp\/(\d+)/.exec(
      readFileSync(join(ROOT, 'packaging/docker/Dockerfile'), 'utf8')
    )

    expect(first![1].environment).not.toHaveProperty('STARLING_JOIN')
    expect(others.map(([, { environment }]) => environment!['STARLING_JOIN'])).toEqual(
      others.map(() => `/dns4/${first![0]}/tcp/${listen![1]}`)
    )
  })

  test('nothing but Prometheus and Grafana can be reached, and these from this machine alone', () => {
    const open = Object.entries(compose.services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))

    expect(open).toEqual([
      ['prometheus', '127.0.0.1:9090:9090'],
      ['grafana', '127.0.0.1:3000:3000']
    ])
  })

  test('gives nodes longer to stop than they give themselves', () => {
    for (const [, { stop_grace_period: period }] of nodes) expect(Number.parseInt(period!, 10)).toBeGreaterThan(30)
  })
})

describe('Prometheus and Grafana', () => {
  test('Prometheus asks every node, where it serves its metrics', () => {
    const targets = prometheus.scrape_configs.flatMap((scrape: { static_configs: { targets: string[] }[] }) =>
      scrape.static_configs.flatMap((each) => each.targets)
    )

    expect(targets).toEqual(
      nodes.map(([name, { environment }]) => `${name}:${/\d+$/.exec(`${environment?.['STARLING_METRICS']}`)?.[0]}`)
    )
  })

  test('Prometheus finds its configuration and its alerts', () => {
    const targets = mounts(compose.services['prometheus']!).map(([, target]) => target)

    expect(targets).toContain('/etc/prometheus/prometheus.yml')
    for (const file of prometheus.rule_files) expect(targets).toContain(`/etc/prometheus/${file}`)
  })

  test('Grafana finds Prometheus and the dashboards', () => {
    const { datasources } = readYaml(join(FOLDER, 'grafana/datasources.yaml'))
    const { providers } = readYaml(join(FOLDER, 'grafana/dashboards.yaml'))
    const { hostname, port } = new URL(datasources[0].url)
    expect(compose.services[hostname]?.ports).toContain(`127.0.0.1:${port}:${port}`)

    const [source] = mounts(compose.services['grafana']!).find(([, target]) => target === providers[0].options.path)!
    const dashboards = readdirSync(resolve(FOLDER, source)).filter((name) => name.endsWith('.json'))
    expect(dashboards.length).toBeGreaterThan(0)
    for (const name of dashboards) JSON.parse(readFileSync(resolve(FOLDER, source, name), 'utf8'))
  })
})
