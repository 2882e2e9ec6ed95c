import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/node/system-clock.ts'
import { lockFolder } from '../../src/store/folder-lock.ts'
import { ownIdentity } from '../../src/store/process-identity.ts'
import { withoutRoot } from '../util/without-root.ts'

const CHILD = fileURLToPath(new URL('lock-child.ts', import.meta.url))
const init = { clock: systemClock }

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'starling-lock-'))
  folder = join(root, 'node')
  onTestFinished(() => rmSync(root, { recursive: true }))
})

interface Contender {
  process: ChildProcess
  go: () => void
  /** What came of it. */
  outcome: Promise<{ holds: boolean; dead?: number[]; code?: string }>
}

async function contender(): Promise<Contender> {
  const child = spawn(process.execPath, [CHILD, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  await lines.next()

  return {
    process: child,
    go: () => child.stdin!.write('go\n'),
    outcome: lines.next().then(({ value }) => JSON.parse(value as string))
  }
}

async function hold(): Promise<Contender> {
  const child = await contender()
  child.go()
  expect(await child.outcome).toMatchObject({ holds: true })

  return child
}

const locks = (): string[] => readdirSync(folder).filter((name) => name.startsWith('lock.'))

describe('a folder', () => {
  test('is made, for its owner alone, and free again once released', async () => {
    const lock = await lockFolder(folder, init)
    await expect(lockFolder(folder, init)).rejects.toMatchObject({ code: 'ERR_DATA_DIR_LOCKED' })
    await lock.release()
    await lock.release()
    expect(locks()).toEqual([])
    expect((await lockFolder(folder, init)).dead).toEqual([])
  })

  test('in use by another process says which, and what to do', async () => {
    const { process: child } = await hold()
    await expect(lockFolder(folder, init)).rejects.toMatchObject({
      code: 'ERR_DATA_DIR_LOCKED',
      message: `${folder} is in use by process ${child.pid}: stop it (kill ${child.pid}), or give this node a directory of its own with --data-dir`,
      details: { pid: child.pid }
    })
  })

  test('is free at once when its holder was killed, before anybody has asked how it ended', async () => {
    const { process: child } = await hold()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { dead } = await lockFolder(folder, init)
    expect(dead).toEqual([child.pid])
    expect(locks()).toHaveLength(1)
  })

  test.runIf(existsSync('/proc/self/stat'))('of a killed process that nobody has buried is free', async () => {
    // a shell that starts a child, and then becomes a program that never asks for it
    const shell = spawn('sh', ['-c', 'sleep 300 & echo $!; exec sleep 300'], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void shell.kill('SIGKILL'))
    const { value } = await createInterface({ input: shell.stdout! })[Symbol.asyncIterator]().next()
    const pid = Number(value)
    const { boot, host } = ownIdentity()
    const { startTicks } = statOf(pid)
    await lockFolder(folder, init).then((lock) => lock.release())
    writeFileSync(join(folder, `lock.${pid}.${startTicks}.${boot}.${host}.00000000`), '')
    await expect(lockFolder(folder, init)).rejects.toMatchObject({ details: { pid } })

    process.kill(pid, 'SIGKILL')
    await expect.poll(() => statOf(pid).state).toBe('Z')
    expect((await lockFolder(folder, init)).dead).toEqual([pid])
  })

  test('however old a lock is: its process decides', async () => {
    await hold()
    utimesSync(join(folder, locks()[0]!), 0, 0)
    await expect(lockFolder(folder, init)).rejects.toMatchObject({ code: 'ERR_DATA_DIR_LOCKED' })
  })
})

function statOf(pid: number): { state: string; startTicks: string } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')

  return { state: fields[0]!, startTicks: fields[19]! }
}

describe('a lock of', () => {
  const own = ownIdentity()
  test.runIf(own.startTicks !== '0').each([
    { id: 'a process whose number another one has by now', name: `lock.${own.pid}.1.${own.boot}.${own.host}` },
    { id: 'the time before the machine started anew', name: `lock.${own.pid}.${own.startTicks}.00000001.${own.host}` }
  ])('$id counts for nothing', async ({ name }) => {
    await lockFolder(folder, init).then((lock) => lock.release())
    writeFileSync(join(folder, `${name}.00000000`), '')
    expect((await lockFolder(folder, init)).dead).toEqual([own.pid])
  })

  test('another machine is left alone, and the message says what to remove', async () => {
    await lockFolder(folder, init).then((lock) => lock.release())
    const path = join(folder, `lock.7.1.${own.boot}.00000000.00000000`)
    writeFileSync(path, 'ward-7\n')
    await expect(lockFolder(folder, init)).rejects.toThrow(
      `${folder} is in use by process 7 on ward-7: this machine can't see whether it still runs: if it does not, remove ${path}`
    )
  })
})

describe('of many that start at once', () => {
  test('in one process, one has it', async () => {
    for (let run = 0; run < 5; run++) {
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder, init)))
      const held = outcomes.filter((outcome) => outcome.status === 'fulfilled')
      expect(held).toHaveLength(1)
      await held[0]!.value.release()
    }
  })

  test('in processes of their own, on the lock of a dead one, one has it', async () => {
    const { process: victim } = await hold()
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    const contenders = await Promise.all(Array.from({ length: 8 }, contender))
    for (const { go } of contenders) go()
    const outcomes = await Promise.all(contenders.map(({ outcome }) => outcome))

    expect(outcomes.filter(({ holds }) => holds)).toHaveLength(1)
    expect(outcomes.filter(({ code }) => code === 'ERR_DATA_DIR_LOCKED')).toHaveLength(7)
    expect(locks()).toHaveLength(1)
  }, 60_000)
})

describe('what can be no folder', () => {
  test.each([
    { id: 'a file', path: 'file', says: 'this is a file, not a directory' },
    { id: 'below a file', path: 'file/node', says: 'part of this path is a file' },
    { id: 'a name that is too long', path: 'x'.repeat(300), says: 'a name that is too long' }
  ])('$id', async ({ path, says }) => {
    writeFileSync(join(root, 'file'), '')
    await expect(lockFolder(join(root, path), init)).rejects.toMatchObject({
      code: 'ERR_DATA_DIR_UNUSABLE',
      message: expect.stringContaining(says)
    })
  })

  test('one without rights', async () => {
    chmodSync(root, 0o500)
    onTestFinished(() => chmodSync(root, 0o700))
    await withoutRoot([root], () =>
      expect(lockFolder(folder, init)).rejects.toMatchObject({
        code: 'ERR_DATA_DIR_UNUSABLE',
        message: expect.stringContaining('no permission')
      })
    )
  })
})
