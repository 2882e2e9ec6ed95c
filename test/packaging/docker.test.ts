import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { environmentOf, execFormOf, parseDockerfile, sourcesOf } from './dockerfile.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILD_TIMEOUT_MS = 120_000
const stages = parseDockerfile(readFileSync(join(ROOT, 'packaging/docker/Dockerfile'), 'utf8'))
const image = stages.at(-1)!
/** `.dockerignore` lets in what it names after `!`, and nothing else. */
const letIn = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1))

describe('the Dockerfile', () => {
  test('has a stage that builds, one with packages, and the image', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', 'modules', undefined])
  })

  test('copies only what is there, and what .dockerignore lets in', () => {
    const sources = stages.flatMap(({ instructions }) => instructions.flatMap(sourcesOf))

    expect(sources.length).toBeGreaterThan(8)
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).toBe(true)
      expect(letIn, source).toContain(source)
    }
    for (const name of letIn) expect(sources, `${name} is let in, and not used`).toContain(name)
  })

  test('runs no script of a dependency, and runs as a user that is not root', () => {
    const installs = stages.flatMap(({ instructions }) => instructions.filter(({ rest }) => rest.includes('npm ci')))
    expect(installs).toHaveLength(2)
    for (const { rest } of installs) expect(rest).toContain('--ignore-scripts')
    const names = image.instructions.map(({ name }) => name)
    expect(image.instructions.find(({ name }) => name === 'USER')?.rest).toBe('node')
    expect(names.indexOf('USER')).toBeLessThan(names.indexOf('ENTRYPOINT'))
  })

  test('listens on the port that it exposes, with its data where the volume is', () => {
    const { STARLING_LISTEN, STARLING_DATA_DIR } = environmentOf(image)
    const rest = (name: string) => image.instructions.find((each) => each.name === name)?.rest

    expect(STARLING_LISTEN).toBe(`/ip4/0.0.0.0/tcp/${rest('EXPOSE')}`)
    expect(STARLING_DATA_DIR).toBe(rest('VOLUME'))
    expect(execFormOf(image, 'HEALTHCHECK')).toEqual(expect.arrayContaining(['starling', 'status', STARLING_DATA_DIR]))
  })
})

/** The image's files, put together by its instructions, without a container. */
describe.runIf(process.platform === 'linux')('the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'starling-image-'))
  const app = join(folder, 'app')
  const modules = join(app, 'node_modules')
  const data = join(folder, 'data')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  beforeAll(() => {
    const build = join(folder, 'build')
    copyContext('build', build)
    symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'))
    execFileSync(process.execPath, ['scripts/build.ts'], { cwd: build, stdio: 'pipe' })

    copyContext(undefined, app)
    cpSync(join(build, 'dist'), join(app, 'dist'), { recursive: true })
    takePackages()
    execFileSync('sh', [join(ROOT, 'packaging/docker/prune-modules.sh'), modules, process.arch])
  }, BUILD_TIMEOUT_MS)

  function copyContext(stage: string | undefined, to: string): void {
    const { instructions } = stages.find(({ name }) => name === stage)!
    for (const source of instructions.flatMap(sourcesOf))
      cpSync(join(ROOT, source), join(to, source), { recursive: true })
  }

  /** Links to all packages; copies of those of which a part is removed. */
  function takePackages(): void {
    mkdirSync(modules)
    for (const name of readdirSync(join(ROOT, 'node_modules'))) {
      if (name === '.bin' || name === 'node') continue
      if (name.startsWith('onnxruntime-'))
        cpSync(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true })
      else symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    }
  }

  const env = () => ({
    ...process.env,
    ...environmentOf(image),
    STARLING_DATA_DIR: data,
    STARLING_LISTEN: '/ip4/127.0.0.1/tcp/0'
  })
  const starling = (...args: string[]) =>
    spawnSync(process.execPath, [join(app, 'bin/starling.js'), ...args], { encoding: 'utf8', env: env(), cwd: folder })

  test('has lost the libraries of other systems', () => {
    const native = join(modules, 'onnxruntime-node/bin/napi-v6')
    expect(readdirSync(join(native, 'linux'))).toEqual([process.arch])
    expect(readdirSync(join(native, 'win32'))).toEqual([])
    expect(readdirSync(join(modules, 'onnxruntime-web/dist')).sort()).toEqual([
      'ort-wasm-simd-threaded.mjs',
      'ort-wasm-simd-threaded.wasm',
      'ort.node.min.mjs'
    ])
  })

  test(
    'can train on the processor and in WebAssembly',
    () => {
      const { status, stdout } = starling('doctor', '--json')
      expect(status).toBe(0)
      expect(stdout).toMatch(/"cpu"/)
      expect(stdout).toMatch(/"wasm"/)
    },
    BUILD_TIMEOUT_MS
  )

  test(
    'its health check passes while a node runs, and only then',
    async () => {
      const [program, ...args] = execFormOf(image, 'HEALTHCHECK').map((word) => (word === '/data' ? data : word))
      expect(program).toBe('starling')
      expect(starling(...args).status).not.toBe(0)

      const job = join(ROOT, 'packaging/compose/job.yaml')
      const node = spawn(process.execPath, [join(app, 'bin/starling.js'), 'node', job, '--device', 'wasm'], {
        env: env(),
        stdio: ['ignore', 'pipe', 'inherit']
      })
      onTestFinished(() => {
        node.kill('SIGKILL')
      })
      const printed = await new Promise<string>((resolve) => {
        let text = ''
        node.stdout.on('data', (chunk) => {
          text += chunk
          if (/^ready.*\n/m.test(text)) resolve(text)
        })
      })
      expect(printed).toContain('wasm')
      expect(starling(...args)).toMatchObject({ status: 0, stderr: '' })
    },
    BUILD_TIMEOUT_MS
  )
})
