import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { runCommand } from '../../util/command-line.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'starling-init-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  vi.stubEnv('XDG_DATA_HOME', join(root, 'share'))
  vi.stubEnv('XDG_CONFIG_HOME', join(root, 'config'))
  onTestFinished(() => void vi.unstubAllEnvs())
})

const jobPath = (): string => join(root, 'job.yaml')
const keyPath = (): string => join(root, 'share/starling/node/key')

describe('starling init', () => {
  test('writes a job and a key, says where they are, and what comes next', async () => {
    const { code, out } = await runCommand('init', jobPath())
    const lines = out.trimEnd().split('\n')

    expect(code).toBe(0)
    expect(lines).toEqual([
      `job     ${jobPath()}: every key with its default; edit it`,
      `key     ${keyPath()}: new, for your eyes only; who has a copy can pass for this node`,
      expect.stringMatching(/^peer {4}12D3KooW\w{44}$/),
      `next    starling node ${jobPath()}`
    ])
    expect(statSync(keyPath()).mode & 0o777).toBe(0o600)
    expect(await runCommand('id')).toMatchObject({ code: 0, out: `${lines[2]!.slice(8)}\n` })
  })

  test('run twice it changes nothing, and says so', async () => {
    await runCommand('init', jobPath())
    writeFileSync(jobPath(), 'seed: 7 # mine\n')
    const before = readFileSync(keyPath())
    const { code, out } = await runCommand('init', jobPath())

    expect(code).toBe(0)
    expect(out).toContain(`job     ${jobPath()}: there already, left as it is`)
    expect(out).toContain(`key     ${keyPath()}: there already, left as it is`)
    expect(readFileSync(jobPath(), 'utf8')).toBe('seed: 7 # mine\n')
    expect(readFileSync(keyPath())).toEqual(before)
  })

  test('the key goes where the node will look: by flag, variable or name of the job', async () => {
    await runCommand('init', jobPath(), '--data-dir', join(root, 'by-flag'))
    expect(existsSync(join(root, 'by-flag/key'))).toBe(true)
    vi.stubEnv('STARLING_DATA_DIR', join(root, 'by-variable'))
    await runCommand('init', jobPath())
    expect(existsSync(join(root, 'by-variable/key'))).toBe(true)
    vi.stubEnv('STARLING_DATA_DIR', '')
    writeFileSync(jobPath(), 'name: Ward 7\n')
    await runCommand('init', jobPath())
    expect(existsSync(join(root, 'share/starling/node-ward-7/key'))).toBe(true)
    expect((await runCommand('id', jobPath())).code).toBe(0)
  })

  test('the next command can be pasted', async () => {
    const { out } = await runCommand('init', jobPath(), '--data-dir', join(root, "it's mine"))

    expect(out).toContain(`next    starling node ${jobPath()} --data-dir '${root}/it'\\''s mine'`)
  })

  test('where it cannot write, it says why, and leaves nothing', async () => {
    expect(await runCommand('init', join(root, 'absent/job.yaml'))).toMatchObject({
      code: 2,
      err: `job file ${join(root, 'absent/job.yaml')}: its directory is not there: make it first [ERR_JOB_UNWRITABLE]\n`
    })
    expect(existsSync(keyPath())).toBe(false)
  })
})

test('starling id prints the peer id alone, and makes the key if need be', async () => {
  const { code, out } = await runCommand('id')

  expect(code).toBe(0)
  expect(out).toMatch(/^12D3KooW\w{44}\n$/)
  expect((await runCommand('id')).out).toBe(out)
})
