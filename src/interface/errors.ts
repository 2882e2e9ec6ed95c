/** Bounded, loggable facts about a failure. Never raw bytes or text that came from a peer. */
export type ErrorDetails = Readonly<Record<string, string | number>>

/** A failure a caller can act on: branch on `code`, never on `message`. */
export class CodedError<C extends string = string> extends Error {
  readonly code: C
  readonly details: ErrorDetails

  constructor(code: C, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.details = details
  }
}

/** `ignore`: late or unlucky. `penalise`: an honest peer could not have sent it. */
export type Verdict = 'ignore' | 'penalise'

/** What a peer sent was refused, with what that says about the peer. */
export class RejectedError<C extends string = string> extends CodedError<C> {
  readonly verdict: Verdict

  constructor(code: C, verdict: Verdict, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(code, message, details, options)
    this.verdict = verdict
  }
}

/** The configuration (job file, flag, environment) asks for something that cannot be. */
export class InvalidConfigError extends CodedError<'ERR_CONFIG_INVALID'> {
  constructor(message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super('ERR_CONFIG_INVALID', message, details, options)
  }
}
