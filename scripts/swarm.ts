/** `npm run swarm -- FLAGS`: a local swarm, as `starling swarm FLAGS`. */
process.argv.splice(2, 0, 'swarm')
await import(new URL('../bin/starling.js', import.meta.url).href)
