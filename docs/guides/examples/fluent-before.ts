// A program that uses fluent-ffmpeg, with ffmpeg on this machine.
// npx tsx fluent-before.ts in.mp4 out.mp4
import ffmpeg from 'fluent-ffmpeg'

const [input = '', output = ''] = process.argv.slice(2)

ffmpeg(input)
  .videoCodec('libx264')
  .size('320x?')
  .on('start', (line) => console.log(line))
  .on('progress', ({ percent }) => console.log(`${percent?.toFixed(1)} %`))
  .on('error', (error) => console.error(error.message))
  .on('end', () => console.log('done'))
  .save(output)
