/** The limits and deadlines of a real node's network that a learner can meet: the same as in gossip's `limits.ts`. */
export const MESSAGE_TIMEOUT_MS = 15_000
/** A transfer of which no byte moves for this long is given up. */
export const STALL_MS = 15_000
export const TRANSFER_BASE_MS = 30_000
export const SLOWEST_BYTES_PER_SECOND = 16_384
export const MAX_OFFERS = 4
export const MAX_SERVED = 32
export const MAX_SERVED_PER_PEER = 4
export const MAX_PULLS = 32
