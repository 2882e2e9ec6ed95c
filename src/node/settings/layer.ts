import type { Place } from './kind.ts'
import { flagOf, type SettingName, settingOf } from './table.ts'

/** Where a value comes from. */
export type Origin =
  | { readonly source: 'flag'; readonly flag: string }
  | { readonly source: 'env'; readonly variable: string }
  | { readonly source: 'file'; readonly path: string; readonly line: number }
  | { readonly source: 'default' }

/** The texts that one origin gives for one setting: one, or any number where it may repeat. */
export interface Given {
  readonly texts: readonly string[]
  readonly origin: Origin
  readonly place: Place
}

/** All that the flags, the environment or a file say, not yet read. */
export interface Layer {
  readonly given: ReadonlyMap<SettingName, Given>
  /** What is wrong with it already: a line each. */
  readonly problems: readonly string[]
}

export function describeOrigin(origin: Origin): string {
  switch (origin.source) {
    case 'flag':
      return `flag ${origin.flag}`
    case 'env':
      return `env ${origin.variable}`
    case 'file':
      return `file ${origin.path}:${origin.line}`
    case 'default':
      return 'default'
  }
}

/** More of a wrong text would push what is wrong with it off the screen. */
const SHOWN_CHARS = 60

/** How a problem's line begins: where the text is, and what it says, unless that is a secret. */
export function describePlace(name: SettingName, text: string, origin: Origin): string {
  const shown = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text
  const value = settingOf(name).isSecret === true ? '' : JSON.stringify(shown).slice(1, -1)
  switch (origin.source) {
    case 'flag':
      return `${origin.flag} ${value}`.trimEnd()
    case 'env':
      return `${origin.variable}${value === '' ? '' : `=${value}`}`
    case 'file':
      return `${origin.path}:${origin.line}: ${name}${value === '' ? '' : `: ${value}`}`
    case 'default':
      return flagOf(name)
  }
}
