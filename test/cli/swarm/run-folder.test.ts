import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RunFolder } from '../../../src/cli/swarm/run-folder.ts'
import { resolveJob } from '../../../src/node/job.ts'
import { versions } from '../../../src/node/versions.ts'

test('a folder that cannot be written to is refused by code before any node starts', async () => {
  const path = await mkdtemp(join(tmpdir(), 'starling-'))
  const folder = await RunFolder.create(path)
  await rm(path, { recursive: true })

  await expect(folder.begin(resolveJob({}, 'test'), versions())).rejects.toMatchObject({ code: 'ERR_RUN_FOLDER' })
  await folder.closeEvents()
})
