/** `npm run swarm -- FLAGS`: a local swarm, as `starling swarm FLAGS`. */
import { main } from '../src/cli/main.ts'

process.exitCode = await main(['swarm', ...process.argv.slice(2)])
