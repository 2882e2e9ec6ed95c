/** From the gravest to the most talkative. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/** Facts beside a message. Above `debug` none of them is text that came from a peer. */
export type LogFields = Readonly<Record<string, string | number>>

export type Log = (level: LogLevel, message: string, fields: LogFields) => void

/** The parts of a node that log, by the names under which their levels are set. */
export const LOG_PARTS = ['node', 'gossip', 'learner', 'store', 'waits', 'control', 'metrics'] as const

export type LogPart = (typeof LOG_PARTS)[number]

/** Where a line comes from: a part, and where in it. Levels are set for either. */
export type LogScope = LogPart | `${LogPart}:${string}`

/** Makes the log of a scope. */
export type LogOf = (scope: LogScope) => Log
