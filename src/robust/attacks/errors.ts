import { CodedError } from '../../interface/errors.ts'

/** An attack can't be made out of what the attacker knows. Nothing was written. */
export class AttackError extends CodedError<'ERR_ATTACK_TARGET'> {}
