import { RejectedError, type Verdict } from '../../interface/errors.ts'

export type LedgerRejectCode =
  /** No signature of the author's over what it came with. */
  | 'ERR_LEDGER_SIGNATURE'
  /** More bytes than the job lets a peer have. */
  | 'ERR_LEDGER_LENGTH'
  /** Further ahead of the others' logs than the job lets count. */
  | 'ERR_LEDGER_LEAD'
  /** A byte that no projection is encoded as. */
  | 'ERR_LEDGER_BYTE'
  /** As many authors as this node remembers have logs already. */
  | 'ERR_LEDGER_AUTHORS'
  /** Two signed logs of one author, that differ. */
  | 'ERR_LEDGER_EQUIVOCATION'
  /** Not two signed logs that differ. */
  | 'ERR_EQUIVOCATION_INVALID'

export function ledgerRejection(
  code: LedgerRejectCode,
  verdict: Verdict,
  message: string,
  details: Record<string, string | number> = {}
): RejectedError<LedgerRejectCode> {
  return new RejectedError(code, verdict, message, details)
}
