import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'

const TIMEOUT_MS = 60_000
const poll = { timeout: 40_000, interval: 50 }
const JOB = 'data: { nodes: 2, partition: "classes:5" }\nbudget: { rounds: 20 }\n'

class Cli {
  readonly process: ChildProcess
  stdout = ''
  stderr = ''
  readonly exit: Promise<number | null>

  constructor(args: readonly string[], folder: string) {
    this.process = spawn(process.execPath, ['bin/starling.js', ...args], {
      stdio: 'pipe',
      env: { ...process.env, XDG_DATA_HOME: folder }
    })
    this.process.stdout?.on('data', (chunk) => {
      this.stdout += chunk
    })
    this.process.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.exit = new Promise((resolve) => this.process.on('close', resolve))
    onTestFinished(() => {
      this.process.kill('SIGKILL')
    })
  }
}

function folder(job = JOB): { path: string; job: string; start: (...args: string[]) => Cli } {
  const path = mkdtempSync(join(tmpdir(), 'starling-node-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  writeFileSync(join(path, 'job.yaml'), job)
  const start = (...args: string[]) =>
    new Cli(['node', join(path, 'job.yaml'), '--listen', '/ip4/127.0.0.1/tcp/0', ...args], path)
  return { path, job: join(path, 'job.yaml'), start }
}

/** The flags of the first line that the node prints: it says how others join. */
async function joinLine(node: Cli): Promise<string[]> {
  await expect.poll(() => node.stdout, poll).toMatch(/^join {4}starling node job\.yaml --join \S+\n/)
  return /job\.yaml (.+)/.exec(node.stdout)![1]!.split(' ')
}

describe('starling node', () => {
  test(
    'a second node joins with nothing but the printed line, and both learn all classes',
    async () => {
      const a = folder()
      const b = folder()
      const first = a.start('--slice', '0', '--await-peers', '1')
      const second = b.start('--slice', '1', '--await-peers', '1', ...(await joinLine(first)))
      expect(await Promise.all([first.exit, second.exit]), first.stderr + second.stderr).toEqual([0, 0])
      for (const { stdout } of [first, second]) {
        expect(stdout).toMatch(/^ready {3}12D3KooW\w+ on cpu, in \d+ ms$/m)
        expect(stdout).toMatch(/peer {4}\.\.\w{8} joined/)
        // five classes of ten alone are at most one half
        const accuracies = [...stdout.matchAll(/accuracy ([\d.]+) %/g)].map((match) => Number(match[1]))
        expect(accuracies.at(-1)).toBeGreaterThan(55)
        expect(stdout).toMatch(/^reach {3}loopback: only nodes on this machine can connect$/m)
        expect(stdout).toMatch(/stopped \(finished\) after \d+ rounds, 200 steps/)
      }
      // one model between them
      const [one, other] = [first, second].map(({ stdout }) => Number(/.*loss ([\d.]+)/s.exec(stdout)![1]))
      expect(Math.abs(one! - other!)).toBeLessThan(0.01)
    },
    TIMEOUT_MS
  )

  test(
    'a node that was there before finds its swarm again without being told where',
    async () => {
      const a = folder('{}')
      const b = folder('{}')
      const first = a.start()
      const flags = await joinLine(first)
      const before = b.start(...flags)
      await expect.poll(() => before.stdout, poll).toMatch(/joined/)
      before.process.kill('SIGTERM')
      expect(await before.exit, before.stderr).toBe(0)

      const after = b.start()
      await expect.poll(() => after.stdout, poll).toMatch(/joined/)
      expect(after.stderr).toBe('')
    },
    TIMEOUT_MS
  )

  test(
    'a node of another job is refused, and told the difference',
    async () => {
      const a = folder(`${JOB}seed: 1\n`)
      const b = folder(`${JOB}seed: 2\n`)
      const first = a.start('--await-peers', '1')
      const second = b.start('--await-peers', '1', ...(await joinLine(first)))
      await expect.poll(() => second.stdout, poll).toMatch(/another job: seed: 2 here, 1 there/)
      await expect.poll(() => first.stdout, poll).toMatch(/another job: seed: 1 here, 2 there/)
    },
    TIMEOUT_MS
  )

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends it cleanly, and its identity stays',
    async (signal) => {
      const { start } = folder('{}')
      const peers: string[] = []
      for (let run = 0; run < 2; run++) {
        const node = start('--json')
        await expect.poll(() => node.stdout, poll).toContain('round:ended')
        node.process.kill(signal)
        expect(await node.exit, node.stderr).toBe(0)
        const events = node.stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>)
        peers.push(events.find(({ event }) => event === 'node:ready')!['peer'] as string)
        expect(events.at(-1)).toMatchObject({ event: 'node:stopped', reason: 'signal' })
      }
      expect(peers[0]).toBe(peers[1])
    },
    TIMEOUT_MS
  )

  test(
    'trains on data of its own',
    async () => {
      const { path, start } = folder('model: { name: linear }\ndata: { set: "csv:DATA" }\nbudget: { rounds: 5 }\n')
      const rows = Array.from({ length: 200 }, (_, i) => `${i % 2},${(i * 7) % 13},${i % 2 === 0 ? 'even' : 'odd'}`)
      writeFileSync(join(path, 'own.csv'), `parity,noise,label\n${rows.join('\n')}\n`)
      const node = start('--data', `csv:${join(path, 'own.csv')}`)
      expect(await node.exit, node.stderr).toBe(0)
      expect(node.stdout).toMatch(/accuracy 100.0 %/)
    },
    TIMEOUT_MS
  )

  test(
    'saves a model that another job starts from, with its extractor frozen',
    async () => {
      const { path, job, start } = folder('budget: { rounds: 15 }\n')
      const saved = join(path, 'model.safetensors')
      const first = start('--save', saved)
      expect(await first.exit, first.stderr).toBe(0)
      const [, final] = /.*accuracy ([\d.]+ %)/s.exec(first.stdout)!
      writeFileSync(
        job,
        `start: "file:${saved}"\ntrainable: head\nlearningRate: { peak: 1.0e-9 }\nbudget: { rounds: 1 }\n`
      )
      const second = start()
      expect(await second.exit, second.stderr).toBe(0)
      // nothing learnt, nothing lost
      expect(/.*accuracy ([\d.]+ %)/s.exec(second.stdout)![1]).toBe(final)
    },
    TIMEOUT_MS
  )

  test(
    'mistakes end in one line that says what to do, and a documented exit code',
    async () => {
      // test/cli/mistakes has more than a hundred, without a process each
      const { path, start } = folder()
      const cases = [
        {
          run: () => new Cli(['node', join(path, 'absent.yaml')], path),
          code: 2,
          says: /absent\.yaml: there is no such file/
        },
        { run: () => start('--data', 'csv:/nowhere.csv'), code: 3, says: /\/nowhere\.csv/ },
        {
          run: () => start('--listen', '/ip4/203.0.113.7/tcp/4001'),
          code: 5,
          says: /203\.0\.113\.7.*ERR_NETWORK_LISTEN/
        }
      ]
      for (const { run, code, says } of cases) {
        const cli = run()
        expect(await cli.exit, cli.stderr).toBe(code)
        expect(cli.stderr).toMatch(says)
        expect(cli.stderr).not.toMatch(/\n {4}at /)
      }
    },
    TIMEOUT_MS
  )

  test(
    'a key that others can read is not used',
    async () => {
      const { path, start } = folder()
      writeFileSync(join(path, 'key'), 'x')
      chmodSync(join(path, 'key'), 0o644)
      const node = start('--data-dir', path)
      expect(await node.exit).toBe(2)
      expect(node.stderr).toMatch(/can be read by others: chmod 600/)
    },
    TIMEOUT_MS
  )
})
