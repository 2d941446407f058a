/** A process that places a prepared output once a line comes in: `node --import tsx place-when-told.ts STAGED DESTINATION`. */
import { once } from 'node:events'
import { placeOutput, prepareOutput } from '../../src/storage/publish.js'

const [staged, destination] = process.argv.slice(2) as [string, string]
const manifest = await prepareOutput(staged)
process.stdout.write('ready\n')
await once(process.stdin, 'data')
await placeOutput(manifest, staged, destination)
process.exit()
