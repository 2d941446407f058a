/** The programs of the reference and the guides, run as a reader runs them. */
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startRedis } from '../helpers/redis.js'
import { readDocPage } from './pages.js'
import { run } from './program.js'
import { type Stack, upStack } from './stack.js'
import { CLIP_SECONDS, example, openWorkplace, type Workplace } from './workplace.js'

let place: Workplace
let stack: Stack
beforeAll(async () => {
  place = await openWorkplace()
  stack = await upStack(place.folder, place.folder)
}, 180_000)
afterAll(async () => {
  await stack?.down()
  await place?.close()
})

const inFolder = () => ({ cwd: place.folder, env: { FFLEET_URL: stack.url } })
const lines = (text: string) => text.trimEnd().split('\n')

describe('client.ts', () => {
  it('shows progress and fetches what the job made', async () => {
    const ended = await run([...example('../reference/examples/client.ts'), 'in.mp4', 'fetched.mp4'], inFolder())
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const bytes = Number(/completed (\d+) bytes/.exec(lines(ended.stdout).at(-1)!)?.[1])
    expect((await readFile(join(place.folder, 'fetched.mp4'))).byteLength).toBe(bytes)
    expect(await place.durationOf('fetched.mp4')).toBeCloseTo(CLIP_SECONDS, 0)
  })

  it('says by its code why a request was refused, and why a job failed', async () => {
    const refused = await run([...example('../reference/examples/client.ts'), 'missing.mp4'], inFolder())
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('INPUT_NOT_FOUND') })
    const failed = await run([...example('../reference/examples/client.ts'), 'not-media.mp4'], inFolder())
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('NOT_MEDIA') })
  })
})

describe('first-job.ts', () => {
  it('submits, follows and says where the output is', async () => {
    const ended = await run(example('../guides/examples/first-job.ts'), inFolder())
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(lines(ended.stdout).at(-1)).toMatch(/^completed .+\.mp4$/)
  })
})

describe('progress.ts', () => {
  it('reads a report from a pipe', async () => {
    const [node, ...args] = example('../reference/examples/progress.ts')
    const ffmpeg = `ffmpeg -v error -nostdin -nostats -progress pipe:1 -y -i in.mp4 -c:v libx264 -preset ultrafast piped.mp4`
    const program = [node, ...args, String(CLIP_SECONDS)].map((word) => `'${word}'`).join(' ')
    const ended = await run(['sh', '-c', `${ffmpeg} | ${program}`], inFolder())
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toMatch(/percent: \d/)
    expect(ended.stdout).toContain('end: true')
  })
})

describe('ffmpeg.ts', () => {
  const program = [...example('../reference/examples/ffmpeg.ts')]

  it('runs ffmpeg to its end', async () => {
    const ended = await run([...program, 'in.mp4', 'run.mp4', String(CLIP_SECONDS)], inFolder())
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain('ok: true')
    expect(await place.durationOf('run.mp4')).toBeCloseTo(CLIP_SECONDS, 0)
  })

  it('takes a failure for one', async () => {
    const ended = await run([...program, 'missing.mp4', 'none.mp4', '1'], inFolder())
    expect(ended.code).toBe(1)
    expect(ended.stdout).toContain('ok: false')
  })
})

describe('embed.ts', () => {
  it('is queue and worker of a service', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    await mkdir(join(place.folder, 'media'))
    await copyFile(join(place.folder, 'in.mp4'), join(place.folder, 'media/in.mp4'))
    const env = { REDIS_URL: redis.url.replace('unix://', '') }
    const ended = await run([...example('../reference/examples/embed.ts'), 'in.mp4'], { cwd: place.folder, env })
    expect(ended).toMatchObject({ code: 0 })
    const [published] = lines(ended.stdout).filter((line) => line.startsWith('published'))
    const [, jobId, file, bytes] = published!.split(' ')
    expect(file).toBe(join(place.folder, 'outputs', jobId!, 'h264-360p.mp4'))
    expect((await readFile(file!)).byteLength).toBe(Number(bytes))
    expect(lines(ended.stdout).at(-1)).toBe('completed')
  })
})

it('stand in their pages, to the letter', async () => {
  for (const page of ['docs/reference/library.md', 'docs/guides/getting-started.md']) {
    const shown = readDocPage(page).blocks.filter(({ language }) => language === 'ts')
    expect(shown.map(({ attributes }) => attributes.file)).not.toContain(undefined)
    expect(shown.length).toBeGreaterThan(0)
  }
})
