import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../../util/command-line.ts'

const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined

let script = ''

beforeAll(async () => {
  script = (await runCommand('completion', 'bash')).out
})

/** A folder with two files and a folder in it. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'starling-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  mkdirSync(join(path, 'data'))
  writeFileSync(join(path, 'job.yaml'), '')
  writeFileSync(join(path, 'job two.yaml'), '')

  return path
}

/** What bash offers when Tab is pressed at the end of a line, as it calls the function itself. */
function offered(line: string, cwd = '/'): string[] {
  const program = `
    source /dev/stdin <<'END'
${script}
END
    COMP_LINE=$1 COMP_POINT=\${#1} COMPREPLY=()
    COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
    $(complete -p starling | sed 's/.*-F \\([^ ]*\\).*/\\1/') starling
    printf '%s\\n' "\${COMPREPLY[@]}"`

  return execFileSync('bash', ['--noprofile', '--norc', '-c', program, 'bash', line], { cwd, encoding: 'utf8' })
    .split('\n')
    .filter((each) => each !== '')
}

// bash is not on Windows; there is nothing to complete in then
describe.skipIf(!has('bash'))('in bash', () => {
  test('all commands', () => {
    const commands = offered('starling ')

    expect(commands).toEqual(expect.arrayContaining(['node', 'swarm', 'status', 'log-level', 'repl', 'completion']))
    expect(offered('starling st')).toEqual(['status', 'stop'])
  })

  test.each([
    { line: 'starling status --', offers: ['--socket', '--data-dir', '--json', '--help'] },
    { line: 'starling ban x --s', offers: ['--seconds', '--socket'] },
    { line: 'starling log-level ', offers: ['silent', 'error', 'warn', 'info', 'debug'] },
    { line: 'starling log-level d', offers: ['debug'] },
    { line: 'starling completion ', offers: ['bash', 'zsh', 'fish'] },
    // bash takes the part before the colon for a word of its own
    { line: 'starling events round:', offers: ['ended'] },
    { line: 'starling events --follow round:ended peer:sc', offers: ['scored'] },
    { line: 'starling status nothing', offers: [] },
    { line: 'starling ban --seconds ', offers: [] },
    { line: 'starling nonsense ', offers: expect.arrayContaining(['node']) }
  ])('$line', ({ line, offers }) => {
    expect(offered(line)).toEqual(offers)
  })

  test('files where a file is due, folders where a folder is', () => {
    const cwd = folder()

    expect(offered('starling node ', cwd).sort()).toEqual(['data', 'job two.yaml', 'job.yaml'])
    expect(offered('starling node job.', cwd)).toEqual(['job.yaml'])
    expect(offered('starling status --data-dir ', cwd)).toEqual(['data'])
    expect(offered('starling status --data-dir=d', cwd)).toEqual(['data'])
    expect(offered('starling repl --socket jo', cwd).sort()).toEqual(['job two.yaml', 'job.yaml'])
  })
})

/** What zsh and fish offer, each as they show it: without what they escape, and the slash behind a folder. */
const OFFERED_BY = {
  zsh: (path: string, line: string, cwd: string): string =>
    execFileSync('zsh', ['-f', fileURLToPath(new URL('capture.zsh', import.meta.url)), path, line], {
      cwd,
      encoding: 'utf8'
    }),
  fish: (path: string, line: string, cwd: string): string =>
    execFileSync('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', path, line], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, HOME: cwd }
    })
}

// skipped, with this name, where the shell is not installed
describe.each(['zsh', 'fish'] as const)('in %s', (shell) => {
  const place = mkdtempSync(join(tmpdir(), 'starling-'))
  const path = join(place, 'script')

  beforeAll(async () => {
    writeFileSync(path, (await runCommand('completion', shell)).out)
  })
  afterAll(() => rmSync(place, { recursive: true }))

  const offers = (line: string, cwd: string): string[] => {
    const lines = OFFERED_BY[shell](path, line, cwd).split('\n')
    const shown = lines.map((each) => each.split('\t')[0]!.replaceAll('\\', '').replace(/\/$/, ''))

    return [...new Set(shown)].filter((each) => each !== '').sort()
  }

  test.skipIf(!has(shell)).each([
    { line: 'starling st', expected: ['status', 'stop'] },
    { line: 'starling nod', expected: ['node'] },
    { line: 'starling --de', expected: ['--debug'] },
    { line: 'starling status --', expected: ['--data-dir', '--help', '--json', '--socket'] },
    { line: 'starling ban x --s', expected: ['--seconds', '--socket'] },
    { line: 'starling log-level ', expected: ['debug', 'error', 'info', 'silent', 'warn'] },
    { line: 'starling log-level d', expected: ['debug'] },
    { line: 'starling log-level info --m', expected: ['--module'] },
    { line: 'starling completion ', expected: ['bash', 'fish', 'zsh'] },
    { line: 'starling events round:', expected: ['round:ended'] },
    { line: 'starling events --follow round:ended peer:sc', expected: ['peer:scored'] },
    { line: 'starling sim --learner ', expected: ['dpsgd', 'fedavg', 'gossip', 'modest', 'spsa'] },
    { line: 'starling sim --learner=mo', expected: ['--learner=modest'] },
    { line: 'starling status nothing', expected: [] },
    // a number, and no file
    { line: 'starling ban x --seconds ', expected: [] },
    { line: 'starling node ', expected: ['data', 'job two.yaml', 'job.yaml'] },
    { line: 'starling node job.', expected: ['job.yaml'] },
    { line: 'starling status --data-dir ', expected: ['data'] },
    { line: 'starling status --data-dir=d', expected: ['--data-dir=data'] },
    { line: 'starling repl --socket jo', expected: ['job two.yaml', 'job.yaml'] }
  ])('$line', ({ line, expected }) => {
    expect(offers(line, folder())).toEqual(expected)
  })

  test.skipIf(!has(shell))('all commands', () => {
    expect(offers('starling ', folder())).toEqual(
      expect.arrayContaining(['completion', 'log-level', 'network-key', 'node', 'peers', 'repl', 'status', 'swarm'])
    )
  })
})

/** Skipped, with this name, where the shell is not installed. */
describe.each(['bash', 'zsh', 'fish'])('the script for %s', (shell) => {
  test.skipIf(!has(shell))('is one that the shell can read', async () => {
    const path = join(folder(), 'script')
    writeFileSync(path, (await runCommand('completion', shell)).out)
    const { status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' })

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('has every command, and the choices of arguments', async () => {
    const { out } = await runCommand('completion', shell)
    const { out: help } = await runCommand('--help')
    const commands = [...help.matchAll(/^ {2}([a-z][a-z-]*)(?= )/gm)].map(([, name]) => name!)

    expect(commands.length).toBeGreaterThan(25)
    for (const name of commands.filter((each) => each !== 'help')) expect(out).toContain(name)
    expect(out).toMatch(/silent error warn info debug/)
  })
})

test('a shell that there is no script for is named, with those there are', async () => {
  const { code, err } = await runCommand('completion', 'csh')

  expect(code).toBe(2)
  expect(err).toMatch(/bash, zsh, fish/)
})
