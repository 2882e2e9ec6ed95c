import type { ComponentLogger, Logger } from '@libp2p/interface'

/**
 * libp2p's logger where nobody has asked for its logs: says nothing, and costs nothing. Its own makes four loggers, and
 * asks the system for the terminal's colours, for each connection and stream, whether they say anything or not.
 */
export const quietLogger: ComponentLogger = { forComponent: () => SILENT }

const SILENT: Logger = Object.assign((): void => undefined, {
  error: (): void => undefined,
  trace: (): void => undefined,
  enabled: false,
  newScope: (): Logger => SILENT
})
