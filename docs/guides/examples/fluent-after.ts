// The same program on the fleet.
// npx tsx fluent-after.ts in.mp4 out.mp4
import { FfleetClient } from 'ffleet'
import { onFleet } from 'ffleet/fluent'
import ffmpeg from 'fluent-ffmpeg'

const [input = '', output = ''] = process.argv.slice(2)

onFleet(ffmpeg(input), new FfleetClient())
  .videoCodec('libx264')
  .size('320x?')
  .on('start', (line) => console.log(line))
  .on('progress', ({ percent }) => console.log(`${percent?.toFixed(1)} %`))
  .on('error', (error) => console.error(error.message))
  .on('end', () => console.log('done'))
  .save(output)
