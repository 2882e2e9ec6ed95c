import { METHODS, type MethodName } from '../../node/control/schema.ts'

/** Part of the connection, not of what a person asks: `watch` and `events` use them. */
const OF_THE_CONNECTION = ['authenticate', 'subscribe', 'unsubscribe', 'methods'] as const

export type OfferedMethod = Exclude<MethodName, (typeof OF_THE_CONNECTION)[number]>

/** Names for people, where the method's own reads badly at a prompt. */
const NAMES: Partial<Record<OfferedMethod, string>> = { setLogLevel: 'logLevel' }

/** What a method means when it is called without any of the params that it needs: `logLevel` alone asks. */
export const WITHOUT_PARAMS: Partial<Record<OfferedMethod, OfferedMethod>> = { setLogLevel: 'logLevels' }

/** Methods that a flag of another command asks: `starling config` also shows what a node would have. */
export const ASKED_BY_FLAG: Partial<Record<OfferedMethod, string>> = { config: 'config --running' }

/** Methods that people call, in the order of the schema: reading ones first. */
export const OFFERED: readonly OfferedMethod[] = (Object.keys(METHODS) as MethodName[]).filter(isOffered)

function isOffered(method: MethodName): method is OfferedMethod {
  return !(OF_THE_CONNECTION as readonly string[]).includes(method)
}

/** As it is called at the prompt: `logLevel`. */
export function promptName(method: OfferedMethod): string {
  return NAMES[method] ?? method
}

/** As a command of the program: `log-level`. */
export function commandName(method: OfferedMethod): string {
  return promptName(method).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** Changes the node. */
export function isActing(method: MethodName): boolean {
  return METHODS[method].access === 'act'
}
