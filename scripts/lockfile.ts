/**
 * Completes package-lock.json, or with `--check` fails when it is incomplete.
 *
 * A registry mirror may lack the binaries that a package offers for other
 * platforms. `npm install` against such a mirror drops them from the lock
 * file; `npm ci` then refuses everywhere, and other platforms would miss their
 * binary. The missing entries follow from the `optionalDependencies` of the
 * packages that are there, so they can be put back without the mirror. They
 * carry no integrity hash: nobody here could have computed it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface LockEntry {
  version?: string
  os?: string[]
  cpu?: string[]
  libc?: string[]
  dev?: boolean
  optional?: boolean
  optionalDependencies?: Record<string, string>
  [field: string]: unknown
}

export interface Lockfile {
  packages: Record<string, LockEntry>
  [field: string]: unknown
}

export interface MissingPackage {
  name: string
  version: string
  /** Whether only development needs it. */
  dev: boolean
}

const OPERATING_SYSTEMS = new Set('aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' '))
const PROCESSORS = new Set('arm arm64 ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64'.split(' '))

/**
 * Reads the platform off a binary package's name: `@biomejs/cli-linux-x64-musl`.
 * @throws {Error} when the name tells neither system nor processor
 */
export function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[-/@]/)
  const os = words.filter((word) => OPERATING_SYSTEMS.has(word))
  const cpu = words.filter((word) => PROCESSORS.has(word))
  if (os.length + cpu.length === 0) throw new Error(`${name}: its name does not tell the platform it is for`)

  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : []

  return { ...(os.length > 0 && { os }), ...(cpu.length > 0 && { cpu }), ...(libc.length > 0 && { libc }) }
}

/** Whether a package at `from` finds `name`, in its own node_modules or in one further up. */
function isResolvable(packages: Lockfile['packages'], from: string, name: string): boolean {
  for (let folder = from; ; ) {
    if (packages[`${folder && `${folder}/`}node_modules/${name}`] !== undefined) return true
    if (folder === '') return false

    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  }
}

/** Optional dependencies that some package of the lock file names and that the lock file lacks, by name. */
export function findMissing({ packages }: Lockfile): MissingPackage[] {
  const missing = new Map<string, MissingPackage>()

  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isResolvable(packages, path, name)) continue

      const dev = entry.dev === true && (missing.get(name)?.dev ?? true)
      missing.set(name, { name, version, dev })
    }
  }

  return [...missing.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'))
}

/**
 * The lock file with an entry for every missing package, in npm's order.
 * @throws {Error} when a missing package is asked for by a range, or its name does not tell its platform
 */
export function completeLockfile(lockfile: Lockfile): Lockfile {
  const added = findMissing(lockfile).map(({ name, version, dev }): [string, LockEntry] => {
    if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(version)) throw new Error(`${name}: no exact version in "${version}"`)

    const { os, cpu, libc } = platformOf(name)
    // fields in npm's order, so that npm does not write them anew
    const entry = { version, ...(cpu && { cpu }), ...(dev && { dev }), ...(libc && { libc }), optional: true }

    return [`node_modules/${name}`, { ...entry, ...(os && { os }) }]
  })
  const entries = [...Object.entries(lockfile.packages), ...added]

  return { ...lockfile, packages: Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b, 'en'))) }
}

function main(args: readonly string[]): number {
  const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
  const lockfile: Lockfile = JSON.parse(readFileSync(path, 'utf8'))
  const names = findMissing(lockfile).map(({ name }) => name)

  if (args.includes('--check')) {
    if (names.length === 0) return 0

    console.error(`package-lock.json lacks ${names.join(', ')}: run \`npm run lockfile\` and commit the result`)
    return 1
  }

  if (names.length > 0) writeFileSync(path, `${JSON.stringify(completeLockfile(lockfile), undefined, 2)}\n`)
  console.log(names.length === 0 ? 'package-lock.json is complete' : `added ${names.join(', ')}`)
  return 0
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))
