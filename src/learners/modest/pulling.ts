import { CodedError } from '../../interface/errors.ts'
import type { ModelRef, Peer } from '../../interface/network.ts'
import type { FetchedModel, ModelPost } from '../model-post.ts'

/** Of one model from one peer. */
const PULLS = 3
/** How a transfer ends of which something was lost. */
const LOST: ReadonlySet<string> = new Set(['ERR_MODEL_STALLED', 'ERR_MODEL_TRUNCATED', 'ERR_WAIT_TIMEOUT'])

/**
 * Fetches a model, again when messages were lost on the way: its owner takes our word that we do, and asks nobody twice.
 *
 * @throws as `ModelPost.fetch`
 */
export async function pullAgain(
  post: ModelPost,
  { from, ref, signal }: { from: Peer; ref: ModelRef; signal: AbortSignal }
): Promise<FetchedModel> {
  for (let pull = 1; ; pull++) {
    try {
      return await post.fetch(from, ref, { signal })
    } catch (error) {
      const wasLost = error instanceof CodedError && LOST.has(error.code)
      if (signal.aborted || !wasLost || pull >= PULLS) throw error
    }
  }
}
