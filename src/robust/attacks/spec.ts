import type { Option, OptionInput } from '../options.ts'
import { aLittleIsEnough, optimalALittleIsEnough } from './a-little-is-enough.ts'
import type { AttackDefinition } from './attack.ts'
import { dissensus } from './dissensus.ts'
import { freeRiding } from './free-riding.ts'
import { gaussian } from './gaussian.ts'
import { innerProductManipulation, optimalInnerProductManipulation } from './inner-product-manipulation.ts'
import { labelFlipping } from './label-flipping.ts'
import { mimic } from './mimic.ts'
import { infinity, nan } from './not-finite.ts'
import { replay } from './replay.ts'
import { signFlipping } from './sign-flipping.ts'

/** Every attack. */
export const attacks = {
  'sign-flipping': signFlipping,
  'inner-product-manipulation': innerProductManipulation,
  'optimal-ipm': optimalInnerProductManipulation,
  'a-little-is-enough': aLittleIsEnough,
  'optimal-alie': optimalALittleIsEnough,
  mimic,
  gaussian,
  infinity,
  nan,
  'label-flipping': labelFlipping,
  dissensus,
  replay,
  'free-riding': freeRiding
} as const

export type AttackName = keyof typeof attacks

/** What else people call them. */
export const aliases = {
  sf: 'sign-flipping',
  ipm: 'inner-product-manipulation',
  foe: 'inner-product-manipulation',
  'optimal-inner-product-manipulation': 'optimal-ipm',
  alie: 'a-little-is-enough',
  'optimal-a-little-is-enough': 'optimal-alie',
  inf: 'infinity',
  lf: 'label-flipping'
} as const satisfies Readonly<Record<string, AttackName>>

/** One attack, as config files, the CLI and the REPL carry it: plain data. Options with a default may be left out. */
export type AttackSpec = {
  [A in AttackName]: { readonly attack: A } & OptionInput<(typeof attacks)[A]['options']>
}[AttackName]

export type AnyDefinition = AttackDefinition<Readonly<Record<string, Option>>>

/** The definition of an attack by its full name, its options' types forgotten: its own table checks them. */
export function findAttack(name: string): AnyDefinition | undefined {
  return Object.hasOwn(attacks, name) ? (attacks[name as AttackName] as unknown as AnyDefinition) : undefined
}

/** The full name for a usual short one; a name that is neither comes back as it is. */
export function fullName(name: string): string {
  return Object.hasOwn(aliases, name) ? aliases[name as keyof typeof aliases] : name
}
