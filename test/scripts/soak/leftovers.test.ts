import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findLeftovers, listeningPorts } from '../../../scripts/soak/leftovers.ts'
import { residentBytes, runDelaySeconds, sampleProcess } from '../../../scripts/soak/process-sample.ts'

const onLinux = test.runIf(process.platform === 'linux')

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-soak-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))

  return folder
}

test('finds locks, drafts, sockets and signposts, and nothing else', () => {
  const folder = temporaryFolder()
  const stray = [
    'node-1/lock.4711.1.2.3.4',
    'node-1/key.0d5a.draft',
    'node-1/control.sock',
    'node-1/control.json',
    'xdg/starling/running/4711-abc.json'
  ]
  const kept = ['node-1/key', 'node-1/job.json', 'node-1.log', 'xdg/starling/data/running.json', 'node-1/unlocked']
  for (const name of [...stray, ...kept]) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), '')
  }

  const found = findLeftovers({ pids: [], ports: [], folder }).map(({ text }) => text)
  expect(found.sort()).toEqual(stray.map((name) => `${join(folder, name)} is left`).sort())
  const crashed = [{ pid: 4711, folder: join(folder, 'node-1') }]
  expect(findLeftovers({ pids: [], ports: [], folder, crashed })).toEqual([])
})

onLinux('finds ports that listen and process groups that live, until they do not', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const init = { pids: [child.pid!], ports: [port], folder: temporaryFolder() }

  expect(findLeftovers(init).map(({ text }) => text)).toEqual([
    `process group ${child.pid} is still there`,
    `port ${port} still listens`
  ])
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('close', resolve))
  await new Promise((resolve) => server.close(resolve))
  expect(findLeftovers(init)).toEqual([])
})

test('reads the ports that listen from the table of the system', () => {
  const table = `  sl  local_address rem_address   st tx_queue
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000
   1: 0100007F:1F91 0100007F:C350 01 00000000:00000000
   2: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 0
`
  expect([...listeningPorts(table)]).toEqual([8080, 22])
})

onLinux('samples a process: memory, sockets and files', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const before = sampleProcess(process.pid, 7)!
  await new Promise((resolve) => server.close(resolve))
  const after = sampleProcess(process.pid, 8)!

  expect(before.seconds).toBe(7)
  expect(before.rssBytes / process.memoryUsage.rss()).toBeCloseTo(1, 0)
  expect(before.sockets).toBe(after.sockets + 1)
  expect(before.files).toBeGreaterThan(3)
  expect(sampleProcess(2 ** 22 + 1, 0)).toBeUndefined()
})

test('reads resident memory, in bytes; a process that has ended has none', () => {
  expect(residentBytes('VmPeak:\t  999 kB\nVmRSS:\t    1234 kB\n')).toBe(1234 * 1024)
  expect(residentBytes('Name:\tnode\nState:\tZ (zombie)\n')).toBeUndefined()
})

test('reads how long a thread had no processor', () => {
  expect(runDelaySeconds('6055154620 204791487031 5357\n')).toBeCloseTo(204.79, 2)
  expect(runDelaySeconds('')).toBe(0)
})
