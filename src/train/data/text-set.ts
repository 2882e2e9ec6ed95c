import { DataError } from './data-error.ts'
import type { DataSource, ExampleSet } from './examples.ts'
import { readData } from './read-file.ts'

/** The rest tests. The end of a text is what a model trained on its start has not seen. */
const TRAIN_FRACTION = 0.9
/** Tokens are held as uint16. */
const MAX_VOCABULARY = 2 ** 16

/**
 * Windows of a text, character by character, for next-character models.
 *
 * Tokens number the distinct characters (Unicode code points) of the whole
 * file in order. Window w of a split covers its tokens from w * length on; the
 * target of each position is the token after it. Windows don't overlap.
 *
 * @param length - tokens a window
 * @throws {DataError} ERR_DATA_UNREADABLE when not UTF-8, ERR_DATA_TOO_FEW, ERR_DATA_FORMAT, and those of reading
 */
export async function loadText(path: string, length: number): Promise<DataSource> {
  const codes = Uint32Array.from(decodeUtf8(await readData(path), path), (character) => character.codePointAt(0)!)
  const { tokens, vocabulary } = tokenise(codes, path)
  const cut = Math.floor(tokens.length * TRAIN_FRACTION)

  return {
    train: createWindows(`text:${path} train`, tokens.subarray(0, cut), length, vocabulary),
    test: createWindows(`text:${path} test`, tokens.subarray(cut), length, vocabulary)
  }
}

function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new DataError('ERR_DATA_UNREADABLE', {
      where: path,
      problem: 'is not UTF-8 text',
      remedy: 'Convert it, for example with iconv -t UTF-8',
      cause
    })
  }
}

function tokenise(codes: Uint32Array, path: string): { tokens: Uint16Array; vocabulary: number } {
  const distinct = Uint32Array.from(new Set(codes)).sort()
  if (distinct.length > MAX_VOCABULARY) {
    throw new DataError('ERR_DATA_FORMAT', {
      where: path,
      problem: `${distinct.length} distinct characters`,
      remedy: `At most ${MAX_VOCABULARY} are supported`
    })
  }

  const tokenOf = new Map(Array.from(distinct, (code, token) => [code, token]))

  return { tokens: Uint16Array.from(codes, (code) => tokenOf.get(code)!), vocabulary: distinct.length }
}

function createWindows(name: string, tokens: Uint16Array, length: number, vocabulary: number): ExampleSet {
  // the last target lies one token beyond its window
  const count = Math.floor((tokens.length - 1) / length)
  if (count < 1) {
    throw new DataError('ERR_DATA_TOO_FEW', {
      where: name,
      problem: `${tokens.length} characters make no window of ${length} and the character after it`,
      remedy: 'Use a longer text or a smaller ?length=',
      details: { characters: tokens.length, length }
    })
  }

  return {
    name,
    count,
    shape: [length],
    type: 'int32',
    classes: vocabulary,
    labels: new Int32Array(count),
    targetShape: [length],
    readInto(index, out, offset) {
      for (let i = 0; i < length; i++) out[offset + i] = tokens[index * length + i]!
    },
    readTargetInto(index, out, offset) {
      for (let i = 0; i < length; i++) out[offset + i] = tokens[index * length + i + 1]!
    }
  }
}
