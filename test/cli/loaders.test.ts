import { expect, test } from 'vitest'
import { loadCommands } from '../../src/cli/commands/loaders.ts'
import { program } from '../../src/cli/main.ts'

const names = (commands: readonly { name: () => string }[]): string[] => commands.map((command) => command.name())
const all = names(await loadCommands())
const SPEAK_OF_ALL = ['completion', 'help']

test.each(all.filter((name) => !SPEAK_OF_ALL.includes(name)))('for %s, nothing else is loaded', async (name) => {
  expect(names(await loadCommands(name))).toEqual([name])
})

test.each([...SPEAK_OF_ALL, 'nod', 'toString', ''])('for "%s", all are', async (word) => {
  expect(names(await loadCommands(word))).toEqual(all)
})

test.each([
  [['--version'], 'none'],
  [['peers', '--json'], 'none'],
  [['--debug', 'node', 'job.yaml'], 'one'],
  [['--help'], 'all'],
  [[], 'all']
] as const)('starling %j loads %s', async (args, much) => {
  const loaded = names((await program(args)).commands).filter((name) => all.includes(name))

  expect(loaded).toEqual({ none: [], one: ['node'], all }[much])
})
