import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // real child processes and worker threads: one test file per process, and no more files than cores
    pool: 'forks',
    // nodes of tests are not listed among those of whoever runs them
    env: { XDG_RUNTIME_DIR: join(tmpdir(), `starling-tests-${process.getuid?.() ?? 'user'}`) },
    maxWorkers: 2,
    // V8 now and then aborts when two threads come to compile the same wrapper of what Node strips types with
    execArgv: ['--wasm-wrapper-tiering-budget=1000000000'],
    testTimeout: 20_000,
    // the default of a second is too little where other tests have the processors
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 20_000
  }
})
