import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { METHODS } from '../../node/control/schema.ts'
import { attached, withTarget } from '../attach/attach.ts'
import { ACT_GROUP, READ_GROUP } from '../attach/help-groups.ts'
import type { Target } from '../attach/running.ts'
import { type Answer, answerText, ask } from '../methods/ask.ts'
import { type Field, fieldsOf } from '../methods/fields.ts'
import {
  ASKED_BY_FLAG,
  commandName,
  isActing,
  OFFERED,
  type OfferedMethod,
  WITHOUT_PARAMS
} from '../methods/offered.ts'
import { callFromNames } from '../methods/params.ts'
import { stopCommand } from './stop.ts'

interface AttachedFlags extends Target {
  json?: boolean
  [param: string]: unknown
}

/** A command for each method of a running node: `starling peers`, `starling ban PEER --seconds 60`. */
export function attachedCommands(): Command[] {
  const answeredByOthers = Object.values(WITHOUT_PARAMS)
  const methods = OFFERED.filter((method) => !answeredByOthers.includes(method) && !(method in ASKED_BY_FLAG))

  return methods.map((method) => (method === 'stop' ? stopCommand() : methodCommand(method)))
}

function methodCommand(method: OfferedMethod): Command {
  const fields = fieldsOf(method)
  const required = fields.filter(({ isRequired }) => isRequired)
  const command = new Command(commandName(method))
    .description(METHODS[method].summary)
    .helpGroup(isActing(method) ? ACT_GROUP : READ_GROUP)
  for (const field of required) command.addArgument(argumentOf(field, { isOptional: method in WITHOUT_PARAMS }))
  for (const field of fields.filter(({ isRequired }) => !isRequired)) command.addOption(optionOf(field))

  return withTarget(command)
    .option('--json', 'print the answer as JSON')
    .action(async (...given: unknown[]) => {
      // commander hands over the arguments, then the options
      const flags = given[required.length] as AttachedFlags
      await run(method, { ...flags, ...Object.fromEntries(required.map(({ name }, i) => [name, given[i]])) })
    })
}

async function run(method: OfferedMethod, { socket, dataDir, json, ...given }: AttachedFlags): Promise<void> {
  const call = callFromNames(method, given)
  const answer = await attached(
    { socket, dataDir },
    (control): Promise<Answer> => ask(control, call.method, call.params)
  )
  process.stdout.write(`${json === true ? JSON.stringify(answer.result) : answerText(answer)}\n`)
}

function argumentOf(field: Field, { isOptional }: { isOptional: boolean }): Argument {
  const argument = new Argument(isOptional ? `[${field.name}]` : `<${field.name}>`, field.description)
  if (field.type === 'number') argument.argParser(toNumber)

  return field.choices.length === 0 ? argument : argument.choices(field.choices)
}

function optionOf({ name, type, choices, description, preset }: Field): Option {
  const placeholder = type === 'number' ? 'n' : 'text'
  const option = new Option(
    `--${name} <${placeholder}>`,
    preset === undefined ? description : `${description} (default: ${preset})`
  )
  if (type === 'number') option.argParser(toNumber)

  return choices.length === 0 ? option : option.choices(choices)
}

/** Whether it is one that the method takes, its schema says. */
function toNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')

  return value
}
