import { AggregationError } from '../errors.ts'
import type { Attack, AttackComponents, AttackKnowledge, Craft } from './attack.ts'
import { type AttackSpec, attacks } from './spec.ts'
import { formatAttack, resolveAttack } from './text.ts'

export type {
  Attack,
  AttackComponents,
  AttackKnowledge,
  AttackTarget,
  DataAttack,
  ModelAttack
} from './attack.ts'
export { flipLabel } from './label-flipping.ts'
export type { AttackSpec } from './spec.ts'
export { attacksHelp, parseAttack } from './text.ts'

export const attackNames: readonly string[] = Object.freeze(Object.keys(attacks))

/**
 * The one text that `parseAttack` reads as this spec.
 *
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID
 */
export const attackText = (spec: AttackSpec): string => formatAttack(resolveAttack(spec))

/**
 * The attack of one Byzantine node.
 *
 * @param components - `aggregator`: the rule of the honest nodes, which optimal attacks search against
 * @throws {InvalidConfigError} ERR_CONFIG_INVALID, also for names and options that do not exist
 */
export function createAttack(spec: AttackSpec, components: AttackComponents): Attack {
  const bound = resolveAttack(spec)
  const { definition, values } = bound
  const craft = definition.create(values as never, components)
  const base = {
    name: formatAttack(bound),
    perTarget: definition.perTarget ?? false,
    craftInto: checked(craft)
  }

  return definition.relabel === undefined
    ? { ...base, kind: 'model' }
    : { ...base, kind: 'data', relabel: definition.relabel }
}

const checked =
  (craft: Craft): Craft =>
  (out, knowledge) => {
    checkShapes(out, knowledge)
    craft(out, knowledge)
  }

function checkShapes({ length: dim }: Float32Array, { own, honest, target }: AttackKnowledge): void {
  const odd = [own, ...honest, ...(target === undefined ? [] : [target.params])].find(({ length }) => length !== dim)
  if (odd === undefined) return

  throw new AggregationError('ERR_UPDATES_DIM', `out has ${dim} params, a model that is known has ${odd.length}`, {
    dim,
    length: odd.length
  })
}
