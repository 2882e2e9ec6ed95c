import { open } from 'node:fs/promises'
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, visit } from 'yaml'
import { CodedError, InvalidConfigError } from '../interface/errors.ts'
import { describeSystemError } from '../interface/system-error.ts'

/** A YAML (or JSON) file that a person wrote, and where in it things are. */
export interface YamlFile {
  /** What it says, as plain data; null when it says nothing. */
  readonly value: unknown
  readonly root: Document.Parsed['contents']
  /** Line, from 1, of the key or item at `keys`; of the innermost around it that is there, when it is not. */
  lineOf(keys: readonly PropertyKey[]): number
  lineAt(node: ParsedNode): number
}

export interface YamlFileInit<C extends string> {
  /** What it is, for messages: `job file`. */
  what: string
  maxBytes: number
  /** Of the error when it can't be read. */
  unreadable: C
}

/**
 * Reads no more than `maxBytes`, whatever the path leads to.
 *
 * @throws {CodedError} `unreadable`; {InvalidConfigError} ERR_CONFIG_INVALID with the line
 */
export async function readYamlFile<C extends string>(path: string, init: YamlFileInit<C>): Promise<YamlFile> {
  return parseYaml(await readText(path, init), path)
}

/** @throws {InvalidConfigError} ERR_CONFIG_INVALID with the line */
function parseYaml(text: string, path: string): YamlFile {
  const lines = new LineCounter()
  const document = parsed(text, path, lines)
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line ?? lines.linePos(problem.pos[0]).line
    throw new InvalidConfigError(`${path}:${line}: ${describeSyntax(problem)}`)
  }
  const lineAt = (node: ParsedNode): number => lines.linePos(node.range[0]).line

  return {
    value: plainData(document, path, lineAt),
    root: document.contents,
    lineAt,
    lineOf: (keys) => lineOf(document.contents, keys, lineAt)
  }
}

function parsed(text: string, path: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false })
  } catch (cause) {
    throw new InvalidConfigError(`${path}: nested too deeply for anything that is meant`, {}, { cause })
  }
}

function plainData(document: Document.Parsed, path: string, lineAt: YamlFile['lineAt']): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    // an alias without its anchor, or aliases of aliases that would fill the memory
    let line = 1
    visit(document, {
      Alias(_, alias) {
        line = lineAt(alias as unknown as ParsedNode)
        return visit.BREAK
      }
    })
    const message = `${path}:${line}: an alias ("*...") that leads nowhere, or to too much: write it out`
    throw new InvalidConfigError(message, {}, { cause })
  }
}

/** What people run into, in plain words; the parser's own for the rest. */
const SYNTAX: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins here: keep one, without "---" between',
  DUPLICATE_KEY: 'this key is there twice: keep one of them',
  TAB_AS_INDENT: 'a tab at the start of the line: indent with spaces',
  TAG_RESOLVE_FAILED: 'a tag ("!...") that means nothing here: leave it out'
}

function describeSyntax({ code, message }: { code: string; message: string }): string {
  return SYNTAX[code] ?? `not YAML: ${message.split('\n')[0]!.replace(/[.:]+$/, '')}`
}

function lineOf(root: unknown, keys: readonly PropertyKey[], lineAt: (node: ParsedNode) => number): number {
  let node = root
  let line = isNode(root) ? lineAt(root as ParsedNode) : 1
  for (const key of keys) {
    let place: unknown
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      place = pair?.key
      node = pair?.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      place = node
    }
    if (!isNode(place)) return line
    line = lineAt(place as ParsedNode)
  }

  return line
}

async function readText<C extends string>(
  path: string,
  { what, maxBytes, unreadable }: YamlFileInit<C>
): Promise<string> {
  const bytes = await readBounded(path, maxBytes + 1).catch((cause: unknown) => {
    throw new CodedError(unreadable, `${what} ${path}: ${describeSystemError(cause)}`, {}, { cause })
  })
  if (bytes.byteLength > maxBytes) {
    throw new InvalidConfigError(`${path}: more than ${maxBytes} bytes, the most that a ${what} may have: wrong file?`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new InvalidConfigError(`${path}: no UTF-8 text: save it as UTF-8, or name another file`, {}, { cause })
  }
}

/** Also of pipes, which have no length. */
async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const bytes = new Uint8Array(maxBytes)
    let length = 0
    while (length < maxBytes) {
      const { bytesRead } = await file.read(bytes, length, maxBytes - length, null)
      if (bytesRead === 0) break
      length += bytesRead
    }

    return bytes.subarray(0, length)
  } finally {
    await file.close()
  }
}
