import { CodedError } from '../interface/errors.ts'

/** What the process says to scripts; `docs/ERRORS.md` has the table for people. */
export const EXIT = Object.freeze({
  ok: 0,
  failure: 1,
  usage: 2,
  data: 3,
  device: 4,
  network: 5,
  runFailed: 6,
  interrupted: 130
})

const PREFIXES: readonly [string, number][] = [
  ['ERR_CONFIG_', EXIT.usage],
  ['ERR_JOB_', EXIT.usage],
  ['ERR_KEY_', EXIT.usage],
  ['ERR_JOURNAL_', EXIT.data],
  ['ERR_LOG_', EXIT.usage],
  ['ERR_RUN_FOLDER', EXIT.usage],
  ['ERR_INVITE_', EXIT.usage],
  ['ERR_CONTROL_UNREACHABLE', EXIT.network],
  ['ERR_CONTROL_CLOSED', EXIT.network],
  ['ERR_CONTROL_STOPPED', EXIT.network],
  ['ERR_CONTROL_ANSWER', EXIT.failure],
  ['ERR_CONTROL_INTERNAL', EXIT.failure],
  ['ERR_CONTROL_', EXIT.usage],
  ['ERR_BANS_FULL', EXIT.usage],
  ['ERR_BANS_', EXIT.data],
  ['ERR_DATA_DIR_', EXIT.usage],
  ['ERR_REPL_', EXIT.usage],
  ['ERR_DATA_', EXIT.data],
  ['ERR_WEIGHTS_', EXIT.data],
  ['ERR_CHECKPOINT_', EXIT.data],
  ['ERR_EXPORT_', EXIT.data],
  ['ERR_DEVICE_', EXIT.device],
  ['ERR_NETWORK_', EXIT.network],
  ['ERR_DIAL_', EXIT.network],
  ['ERR_HANDSHAKE_', EXIT.network],
  ['ERR_WAIT_', EXIT.network],
  // what a running node comes upon that is told to dial, or to fetch a model
  ['ERR_ADDRESS_BANNED', EXIT.network],
  ['ERR_CONNECTION_', EXIT.network],
  ['ERR_FRAME_', EXIT.network],
  ['ERR_HELLO_', EXIT.network],
  ['ERR_MODEL_', EXIT.network],
  ['ERR_PEER_', EXIT.network],
  ['ERR_PROTOCOL_', EXIT.network],
  ['ERR_PULL_', EXIT.network],
  ['ERR_STREAM_', EXIT.network],
  ['ERR_SWARM_', EXIT.runFailed],
  ['ERR_SIMULATION_', EXIT.runFailed]
]

/** The exit code that stands for an error: by the family its code belongs to. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof CodedError)) return EXIT.failure

  return PREFIXES.find(([prefix]) => error.code.startsWith(prefix))?.[1] ?? EXIT.failure
}
