/**
 * A checkpoint's bytes, numbers little endian:
 *
 * | bytes | field |
 * | --- | --- |
 * | 4 | magic "SLCK" |
 * | 4 | version |
 * | 8 | length of the file |
 * | 4 | length of the header |
 * | n | the header, JSON |
 * | m | the vectors that the header names, one after another |
 * | 32 | SHA-256 of all before |
 */
export const MAGIC = 0x4b43_4c53
export const VERSION = 1
export const PREFIX_BYTES = 20
export const HASH_BYTES = 32
/** A view of 100,000 members takes a tenth of it. */
export const MAX_HEADER_BYTES = 64 * 1024 * 1024
/** Read, hashed and written at a time: between two pieces the thread does other things. */
export const PIECE_BYTES = 1024 * 1024
