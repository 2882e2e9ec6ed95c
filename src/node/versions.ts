import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, platform } from 'node:os'

/** What a run was made with: part of every run folder. */
export interface Versions {
  starling: string
  node: string
  onnxruntime: string
  libp2p: string
  platform: string
  processor: string
  cores: number
}

const require = createRequire(import.meta.url)

export function versions(): Versions {
  return {
    starling: starlingVersion(),
    node: process.versions.node,
    onnxruntime: packageVersion('onnxruntime-node'),
    libp2p: packageVersion('libp2p'),
    platform: `${platform()}-${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length
  }
}

/** From `src/node` and from `dist/node` the package's own file is two folders up. */
export function starlingVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version
}

/** Packages hide their package.json behind `exports`: look for it above their entry point. */
function packageVersion(name: string): string {
  try {
    const folder = require.resolve.paths(name)?.map((path) => `${path}/${name}/package.json`) ?? []
    for (const path of folder) {
      try {
        return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
      } catch {
        // not in this node_modules: the next one up
      }
    }
  } catch {
    // no search paths for a built-in
  }

  return 'absent'
}
