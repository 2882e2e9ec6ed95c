import { parseAddress } from '../../gossip/addresses.ts'
import { CodedError } from '../../interface/errors.ts'
import type { Rest } from '../../interface/rest.ts'
import type { AbortOptions } from '../../interface/startable.ts'
import type { CheckedParamsOf, ResultOf } from '../control/schema.ts'
import type { InspectContext } from './context.ts'

/** Measures the model at the next rest, and remembers what came of it. */
export function evaluateAtRest(context: InspectContext, options: AbortOptions): Promise<ResultOf<'evaluate'>> {
  const { operator, memory } = context

  return operator.atRest(
    'evaluate the model',
    async (rest, within) => {
      const { examples, ...measured } = await evaluate(rest, within)
      memory.measured({ round: rest.round, ...measured })

      return { ...memory.evaluation!, examples }
    },
    options
  )
}

function evaluate(rest: Rest, options: AbortOptions) {
  if (rest.evaluate === undefined) {
    throw new CodedError('ERR_CONTROL_UNAVAILABLE', 'this node holds no model at the moment: it is given one to train')
  }

  return rest.evaluate(options)
}

/** Writes a checkpoint of the next rest. */
export function checkpointAtRest(context: InspectContext, options: AbortOptions): Promise<ResultOf<'checkpoint'>> {
  const { checkpoints } = context.inside()
  if (checkpoints === undefined) {
    throw new CodedError(
      'ERR_CONTROL_UNAVAILABLE',
      'this node keeps no checkpoints: it was told to keep 0, or has no learner yet'
    )
  }

  return context.operator.atRest(
    'write a checkpoint',
    async (rest, within) => {
      const { path, round } = await checkpoints.keep(rest, within)

      return { path, round }
    },
    options
  )
}

/** Connects, and goes on trying from then on whenever the connection is lost. */
export async function dial(
  { inside }: InspectContext,
  { address }: CheckedParamsOf<'dial'>,
  options: AbortOptions
): Promise<ResultOf<'dial'>> {
  if (parseAddress(address) === undefined) {
    throw new CodedError('ERR_CONTROL_PARAMS', 'dial, address: expected a multiaddr such as /ip4/192.0.2.7/tcp/4001')
  }
  const { network } = inside()
  const peer = await network.connect(address, options)
  network.remember(address)

  return { peer }
}
