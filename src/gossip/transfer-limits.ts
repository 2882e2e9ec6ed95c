import type { GossipLimits } from './limits.ts'

/** How long a transfer of so many bytes may take in all. */
export function transferTimeoutMs(bytes: number, limits: GossipLimits): number {
  return limits.transferBaseMs + (1000 * bytes) / limits.slowestBytesPerSecond
}

/** Enough of a hash to tell models apart in a log. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8)
}
