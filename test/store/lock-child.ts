/** Locks a folder when told to go, says how that went, and holds on until it is killed or its input ends. */
import { once } from 'node:events'
import { systemClock } from '../../src/node/system-clock.ts'
import { lockFolder } from '../../src/store/folder-lock.ts'

process.stdout.write('there\n')
process.stdin.resume()
await once(process.stdin, 'data')
try {
  const { dead } = await lockFolder(process.argv[2]!, { clock: systemClock })
  process.stdout.write(`${JSON.stringify({ holds: true, dead })}\n`)
  await once(process.stdin, 'end')
} catch (error) {
  process.stdout.write(`${JSON.stringify({ holds: false, code: (error as { code?: string }).code })}\n`)
  process.exit()
}
