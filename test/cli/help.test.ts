import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { program } from '../../src/cli/main.ts'
import { flagOf, SETTING_NAMES, settingOf } from '../../src/node/settings/table.ts'
import { runCommand } from '../util/command-line.ts'

const root = await program()
const commands: readonly Command[] = [root, ...root.commands]

function helpOf(command: Command): string {
  return command.configureOutput({ getOutHelpWidth: () => 80 }).helpInformation()
}

test.each(commands.map((command) => [command.name(), command] as const))(
  '%s --help fits 80 columns, and says all',
  (_, command) => {
    const lines = helpOf(command).split('\n')

    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(command.description()).toMatch(/\w{3}/)
    for (const { hidden, long, description } of command.options) {
      if (!hidden) expect(description, long).toMatch(/\w{3}/)
    }
  }
)

test('starling alone, and with --help, prints the same help and succeeds', async () => {
  const alone = await runCommand()

  expect(alone).toEqual(await runCommand('--help'))
  expect(alone).toMatchObject({ code: 0, err: '' })
  for (const name of ['init', 'node', 'swarm', 'status', 'repl'])
    expect(alone.out).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
})

test('the version, alone on its line', async () => {
  expect(await runCommand('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) })
})

test('the flags of a node stand in groups, each setting under its own', () => {
  const node = commands.find((command) => command.name() === 'node')!
  const sections = helpOf(node).split(/\n(?=\S[^\n]*:\n)/)

  for (const name of SETTING_NAMES) {
    const section = sections.find((text) => text.startsWith(`${settingOf(name).group}:`))
    expect(section, name).toMatch(new RegExp(`${flagOf(name).replace('--', '--(no-)?')}\\b`))
  }
})

test('help for a command that is none says so', async () => {
  expect(await runCommand('help', 'nod')).toMatchObject({ code: 2 })
})
