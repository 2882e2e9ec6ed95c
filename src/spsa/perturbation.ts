import type { DirectionKey } from '../math/signs.ts'
import { hashPlace, type ProjectionPlace } from './hash-key.ts'

/**
 * The key of the random signs that a projection was measured along: everyone can make them again from where it stands.
 *
 * The first 8 bytes, little-endian, of SHA-256 over the netstrings of `starling/spsa/direction/1`, job id, peer, step
 * and query: `25:starling/spsa/direction/1,64:...,` and so on, numbers in decimal. Nobody else's projection has the same
 * direction but by accident, which takes about 2^32 of them. An author can't choose one, other than by
 * making up identities: step and query count up.
 *
 * Source: Zelikman et al., arXiv:2306.10015, which hashes the sender's start time and needs to know the oldest machine;
 * the directions are Rademacher, as in Spall, IEEE TAC 37(3), 1992, not Gaussian.
 */
export function directionKey(place: ProjectionPlace): DirectionKey {
  return hashPlace('starling/spsa/direction/1', place)
}
