import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/** What each folder of src may import, itself apart. Only folders further up in this table: so there is no cycle. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  interface: [],
  math: ['interface'],
  wire: ['interface', 'math'],
  sampling: ['interface', 'math'],
  robust: ['interface', 'math'],
  merge: ['interface', 'math', 'robust'],
  spsa: ['interface', 'math', 'wire'],
  train: ['interface', 'math'],
  gossip: ['interface', 'wire'],
  sim: ['interface', 'math', 'wire'],
  learners: ['interface', 'math', 'wire', 'sampling', 'robust', 'merge', 'spsa'],
  store: ['interface', 'wire'],
  node: 'interface math wire sampling robust merge spsa train gossip sim learners store'.split(' '),
  cli: ['interface', 'node'],
  dashboard: ['interface', 'node']
}

/** Packages that only these folders load at run time; types may be read anywhere. */
const PACKAGES = [
  { pattern: /^(libp2p|@libp2p\/.*|@chainsafe\/libp2p-.*)$/, folders: ['gossip', 'node'] },
  { pattern: /^onnxruntime-/, folders: ['train'] }
]

/** Time and chance that are not passed in: they would make a run impossible to replay. */
const GLOBALS = [
  // the engine times devices, and puts deadlines on threads that run in real time
  {
    pattern: /\bperformance\s*\.\s*now\b|\bAbortSignal\s*\.\s*timeout\b/,
    except: /^(node|gossip|cli|train\/engine)\//
  },
  {
    pattern: /\b(Date\s*\.\s*now|new Date\(\s*\)|Math\s*\.\s*random|setTimeout|setInterval)/,
    except: /^(node|gossip|cli)\//
  }
]

interface SourceFile {
  /** Relative to src, with forward slashes. */
  readonly path: string
  readonly text: string
}

interface Import {
  readonly specifier: string
  readonly isTypeOnly: boolean
}

function withoutComments(text: string): string {
  const stringOrComment = /(['"`])(?:\\.|(?!\1)[^\\\n])*\1|\/\/.*|\/\*[\s\S]*?\*\//g
  return text.replace(stringOrComment, (match) => (match.startsWith('/') ? '' : match))
}

/** Static and dynamic imports, re-exports, and `.ts` files named by `new URL(..., import.meta.url)`: workers. */
function importsOf(text: string): Import[] {
  const statements =
    /^\s*(?:import|export)\s+(type\s)?(?:[\w*{][^'"]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|new URL\(\s*['"]([^'"]+\.ts)['"]/gm

  return [...text.matchAll(statements)].map(([, type, from, dynamic, url]) => ({
    specifier: (from ?? dynamic ?? url)!,
    isTypeOnly: type !== undefined
  }))
}

function checkImport(path: string, { specifier, isTypeOnly }: Import): string[] {
  const folder = path.split('/')[0]!
  if (!specifier.startsWith('.')) {
    const isMisplaced = PACKAGES.some(({ pattern, folders }) => pattern.test(specifier) && !folders.includes(folder))
    return isMisplaced && !isTypeOnly ? [`${path} loads ${specifier}`] : []
  }

  const target = posix.join(posix.dirname(path), specifier).split('/')[0]!
  const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])]
  return allowed.includes(target) ? [] : [`${path} imports from ${target}`]
}

/** Every breach of the rules above, as a sentence. `index.ts`, the public API, may import anything of ours. */
function findViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    if (path === 'index.ts') return []
    if (!(path.split('/')[0]! in MAY_IMPORT)) return [`${path} is in none of the folders`]

    const code = withoutComments(text)
    const used = GLOBALS.filter(({ except }) => !except.test(path)).flatMap(
      ({ pattern }) => pattern.exec(code)?.[0] ?? []
    )
    return [
      ...importsOf(code).flatMap((each) => checkImport(path, each)),
      ...used.map((name) => `${path} uses ${name}`)
    ]
  })
}

function readSources(): SourceFile[] {
  const src = fileURLToPath(new URL('../src/', import.meta.url))

  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: name.replaceAll('\\', '/'), text: readFileSync(src + name, 'utf8') }))
}

describe('the source', () => {
  test('keeps to the direction of imports, and takes time and chance as parameters', () => {
    const sources = readSources()

    expect(sources.length).toBeGreaterThan(20)
    expect(sources.flatMap(({ text }) => importsOf(text)).length).toBeGreaterThan(20)
    expect(findViolations(sources)).toEqual([])
  })

  test('has no cycle between folders: each imports only from those further up in the table', () => {
    const folders = Object.keys(MAY_IMPORT)

    for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
      expect(folders.slice(0, folders.indexOf(folder)), folder).toEqual(expect.arrayContaining([...allowed]))
    }
  })
})

describe('the check', () => {
  test.each([
    { path: 'merge/a.ts', text: "import { x } from '../train/y.ts'", violation: 'imports from train' },
    { path: 'math/a.ts', text: "import type { X } from '../wire/y.ts'", violation: 'imports from wire' },
    { path: 'math/deep/a.ts', text: "export * from '../../wire/y.ts'", violation: 'imports from wire' },
    { path: 'math/a.ts', text: "import {\n  x,\n  y\n} from '../node/y.ts'", violation: 'imports from node' },
    { path: 'math/a.ts', text: "import '../wire/y.ts'", violation: 'imports from wire' },
    { path: 'train/a.ts', text: "await import('../node/y.ts')", violation: 'imports from node' },
    { path: 'train/a.ts', text: "new URL('../node/y.ts', import.meta.url)", violation: 'imports from node' },
    { path: 'math/a.ts', text: "import { x } from '../index.ts'", violation: 'imports from index.ts' },
    { path: 'util/a.ts', text: '', violation: 'is in none of the folders' },
    { path: 'learners/a.ts', text: "import { createLibp2p } from 'libp2p'", violation: 'loads libp2p' },
    {
      path: 'wire/a.ts',
      text: "import { yamux } from '@chainsafe/libp2p-yamux'",
      violation: 'loads @chainsafe/libp2p-yamux'
    },
    { path: 'node/a.ts', text: "import * as ort from 'onnxruntime-node'", violation: 'loads onnxruntime-node' },
    { path: 'sim/a.ts', text: 'const t = Date.now()', violation: 'uses Date.now' },
    { path: 'sim/a.ts', text: "const url = 'http://x'; Math.random()", violation: 'uses Math.random' },
    { path: 'train/data/a.ts', text: 'performance.now()', violation: 'uses performance.now' },
    { path: 'train/engine/a.ts', text: 'setTimeout(f, 1)', violation: 'uses setTimeout' },
    { path: 'learners/a.ts', text: 'AbortSignal.timeout(5)', violation: 'uses AbortSignal.timeout' }
  ])('$path: $text', ({ path, text, violation }) => {
    expect(findViolations([{ path, text }])).toEqual([`${path} ${violation}`])
  })

  test.each([
    { path: 'merge/a.ts', text: "import { x } from '../robust/y.ts'\nimport { y } from './z.ts'" },
    { path: 'interface/a.ts', text: "import type { PeerId } from '@libp2p/interface'\nimport { z } from 'zod'" },
    { path: 'train/engine/a.ts', text: 'AbortSignal.timeout(performance.now())' },
    { path: 'node/a.ts', text: "import { createLibp2p } from 'libp2p'\nsetTimeout(f, Math.random())" },
    { path: 'learners/a.ts', text: '// not Date.now: clock.now()\n/** never\n * setTimeout */' },
    { path: 'index.ts', text: "export { x } from './cli/y.ts'" }
  ])('lets $path pass', (file) => {
    expect(findViolations([file])).toEqual([])
  })
})
