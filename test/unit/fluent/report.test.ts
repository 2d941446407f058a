import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reportOn } from '../../../src/fluent/report/index.js'
import { scanSource } from '../../../src/fluent/report/scan.js'

const verdicts = (text: string) => scanSource(text).map(({ line, method, verdict }) => [line, method, verdict])

test('calls are found in chains, in variables and in callbacks, whatever the module is called', () => {
  const text = `const Ffmpeg = require('fluent-ffmpeg')
const fs = require('fs')
const command = new Ffmpeg('in.mov')
command.noVideo().audioCodec('libmp3lame').save('out.mp3')
app.post('/x', (request) => {
  Ffmpeg(fs.createReadStream('in.mov')).size('640x?').pipe(response)
})
other.save('x'); list.map(String)
function preset(each) { each.videoFilters(['scale=2:2', 'movie=/x']) }`
  expect(verdicts(text)).toEqual([
    [3, 'input', 'maps'],
    [4, 'noVideo', 'maps'],
    [4, 'audioCodec', 'maps'],
    [4, 'save', 'maps'],
    [6, 'input', 'cannot'],
    [6, 'size', 'arguments'],
    [6, 'pipe', 'cannot'],
    [9, 'videoFilters', 'cannot'],
  ])
})

test('options are judged as fluent-ffmpeg splits them; what is known at run time alone by the method', () => {
  const text = `import ffmpeg from 'fluent-ffmpeg'
ffmpeg(path).outputOptions(['-crf 23', '-movflags +faststart']).outputOptions('-attach', 'x').outputOptions(list)
  .inputOptions('-re').outputOptions('-metadata', title).format('hls').videoCodec('h264_nvenc')
  .complexFilter([{ filter: 'overlay', options: { x: 1 } }, 'amovie=a'])`
  expect(verdicts(text).map(([, method, verdict]) => [method, verdict])).toEqual([
    ['input', 'maps'],
    ['outputOptions', 'arguments'],
    ['outputOptions', 'cannot'],
    ['outputOptions', 'arguments'],
    ['inputOptions', 'arguments'],
    ['outputOptions', 'arguments'],
    ['format', 'cannot'],
    ['videoCodec', 'cannot'],
    ['complexFilter', 'cannot'],
  ])
  expect(scanSource(text)[2]!.why).toContain('opens a file by name')
})

test('other programs are left alone, and what is none is named', async ({ task }) => {
  const folder = join((await import('node:os')).tmpdir(), `ffleet-report-${task.id}-${process.pid}`)
  await mkdir(join(folder, 'node_modules/x'), { recursive: true })
  await writeFile(join(folder, 'node_modules/x/i.js'), "require('fluent-ffmpeg')('x').save('y')")
  await writeFile(join(folder, 'other.js'), 'x.save()')
  await writeFile(
    join(folder, 'use.tsx'),
    "import f from 'fluent-ffmpeg'\nexport const A = () => <a onClick={() => f('i').save('o')} />",
  )
  await writeFile(join(folder, 'broken.js'), 'fluent-ffmpeg ((')
  const { files, calls, unread } = await reportOn(folder)
  expect([files, calls.map(({ file, method }) => `${file} ${method}`), unread]).toEqual([
    1,
    ['use.tsx input', 'use.tsx save'],
    ['broken.js'],
  ])
  await (await import('node:fs/promises')).rm(folder, { recursive: true })
})
