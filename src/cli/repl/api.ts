import { CodedError } from '../../interface/errors.ts'
import type { Control } from '../attach/control.ts'
import { answerText, ask } from '../methods/ask.ts'
import { isActing, OFFERED, type OfferedMethod, promptName } from '../methods/offered.ts'
import { callFromArguments, signature } from '../methods/params.ts'
import { drawFacts } from '../tables/columns.ts'
import { type Callable, callable } from './callable.ts'
import type { Drawings } from './drawings.ts'
import { apiHelp } from './help.ts'
import type { InFlight } from './in-flight.ts'
import { Words } from './words.ts'

export interface ApiInit {
  control: Control
  drawings: Drawings
  inFlight: InFlight
  /** Methods that change the node are refused without it. */
  canWrite: boolean
}

/** What the prompt offers beside JavaScript: a name for each method, and a few of its own. */
export type Api = Readonly<Record<string, Callable>>

export function createApi(init: ApiInit): Api {
  const methods = OFFERED.map((method) => [promptName(method), methodCall(init, method)] as const)

  return { ...Object.fromEntries(methods), hash: hashCall(init), help: helpCall(init) }
}

function methodCall(init: ApiInit, method: OfferedMethod): Callable {
  return callable(signature(method), async (args) => {
    const { control, drawings, inFlight } = init
    const call = callFromArguments(method, args)
    checkAccess(init, call.method)
    const answer = await inFlight.run((signal) => ask(control, call.method, call.params, { signal }))

    return drawings.add(answer.result, (result) => answerText({ ...answer, result }))
  })
}

/** Rejects what would change a node that is only to be looked at. */
function checkAccess({ canWrite }: ApiInit, method: OfferedMethod): void {
  if (canWrite || !isActing(method)) return

  throw new CodedError(
    'ERR_REPL_READ_ONLY',
    `${promptName(method)} changes the node, and this prompt only reads: start it with --write`
  )
}

/** The hashes by which two nodes can be compared at a glance. */
function hashCall({ control, drawings, inFlight }: ApiInit): Callable {
  return callable('hash', async () => {
    const [status, models] = await inFlight.run((signal) =>
      Promise.all([control.call('status', {}, { signal }), control.call('models', {}, { signal })])
    )
    const { round, modelHash, setHash: set } = status
    // where models travel, that which this node has on offer
    const model = modelHash ?? models.find(({ isSelf }) => isSelf)?.hash ?? null

    return drawings.add({ round, model, set }, (value) =>
      drawFacts([
        ['round', String(value.round)],
        ['model', value.model ?? 'none yet'],
        ['projections', value.set]
      ])
    )
  })
}

function helpCall({ canWrite }: ApiInit): Callable {
  return callable('help', async () => new Words(apiHelp({ canWrite })))
}
