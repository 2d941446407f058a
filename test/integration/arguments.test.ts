import { execFileSync } from 'node:child_process'
import { copyFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import { addKey } from '../../src/callers/index.js'
import { FfleetApiError, FfleetClient } from '../../src/client/index.js'
import type { Job, JobRequest } from '../../src/contract/index.js'
import { startApi } from '../helpers/api-server.js'
import { keptEvents, LOCK_MS } from '../helpers/fleet-stack.js'
import { aFolder } from '../helpers/folder.js'
import { type Stack, startStack } from '../helpers/stack.js'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    env: { FFLEET_ARGUMENTS: 'on', FFLEET_STATS_PERIOD_MS: '100', FFLEET_LOCK_DURATION_MS: String(LOCK_MS) },
  })
  await copyFile(await makeClip('h264-aac'), join(stack.mediaRoot, 'in.mp4'))
  await copyFile(await makeClip('audio-only'), join(stack.mediaRoot, 'sound.m4a'))
  await copyFile(await makeClip('truncated-mkv'), join(stack.mediaRoot, 'cut.mkv'))
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'color=red:s=32x32',
    '-frames:v',
    '1',
    join(stack.mediaRoot, 'logo.png'),
  ])
  await writeFile(join(stack.mediaRoot, 'playlist.mp4'), '#EXTM3U\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n')
}, 300_000)
afterAll(() => stack?.stop())

const output = (path: string, ...options: string[]): JobRequest['outputs'][number] => ({
  preset: 'arguments',
  path,
  arguments: options,
})

async function run(request: JobRequest): Promise<Job> {
  const { id } = await stack.client.submit(request)
  return stack.client.wait(id)
}

/** What ffprobe says of an output: the kinds of its streams, and its length in seconds. */
function facts(path: string) {
  const text = execFileSync(
    'ffprobe',
    ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', join(stack.outputRoot, path)],
    { encoding: 'utf8' },
  )
  const { streams, format } = JSON.parse(text) as {
    streams: { codec_type: string; codec_name: string; width?: number }[]
    format: { duration?: string }
  }
  return {
    streams: streams.map(({ codec_name }) => codec_name),
    width: streams[0]?.width,
    seconds: Number(format.duration),
  }
}

async function refusal(request: JobRequest): Promise<{ code: string; pointers: string[]; detail: string }> {
  const error = await stack.client.submit(request).then(
    ({ id }) => Promise.reject(new Error(`It was accepted as ${id}.`)),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof FfleetApiError)) throw error
  return { code: error.code!, pointers: error.errors.map(({ pointer }) => pointer), detail: error.message }
}

describe('what is made', () => {
  test('one output, with a percent that rises to 100 and ends there', async () => {
    const job = await run({
      input: 'in.mp4',
      outputs: [output('one.mp4', '-c:v', 'libx264', '-preset', 'ultrafast', '-vf', 'scale=160:-2', '-c:a', 'aac')],
    })
    expect(job, JSON.stringify(job.error)).toMatchObject({ state: 'completed', error: null })
    expect(job.outputs).toMatchObject([
      { name: 'arguments', preset: 'arguments', path: 'one.mp4', mediaType: 'video/mp4' },
    ])
    expect(facts('one.mp4')).toMatchObject({ streams: ['h264', 'aac'], width: 160 })
    const events = await keptEvents(stack, job.id)
    const percents = events.flatMap((event) => (event.type === 'progress' ? [event.progress.percent] : []))
    expect(percents.at(-1)).toBe(100)
    expect(percents).toEqual([...percents].sort((a, b) => Number(a) - Number(b)))
    const report = await stack.client.report(job.id)
    expect(report.attempts[0]!.passes[0]!.argv.join(' ')).toContain('-vf scale=160:-2')
    expect(report.outputs).toMatchObject([{ name: 'arguments', verified: { duration: true, streams: true } }])
  })

  test('several outputs of several inputs, by one graph', async () => {
    const job = await run({
      input: 'in.mp4',
      arguments: {
        input: ['-t', '1'],
        inputs: [{ uri: 'logo.png' }],
        filter: '[0:v][1:v]overlay=x=4:y=4,split[big][s];[s]scale=64:-2[small]',
      },
      outputs: [
        output('o/big.mkv', '-map', '[big]', '-map', '0:a', '-c:a', 'copy'),
        output('o/small.webm', '-map', '[small]', '-c:v', 'libvpx', '-deadline', 'realtime', '-an'),
      ],
    })
    expect(job, JSON.stringify(job.error)).toMatchObject({ state: 'completed' })
    expect(facts('o/big.mkv').streams).toEqual(['h264', 'aac'])
    const again = await stack.client.requestOf(job.id)
    const replaced = await run({ ...again, outputs: again.outputs.map((each) => ({ ...each, onExists: 'replace' })) })
    expect(replaced, JSON.stringify(replaced.error)).toMatchObject({ state: 'completed' })
    expect(facts('o/big.mkv').streams).toEqual(['h264', 'aac'])
    expect(facts('o/small.webm')).toMatchObject({ streams: ['vp8'], width: 64 })
    expect(facts('o/small.webm').seconds).toBeCloseTo(1, 0)
  })

  test('a picture that is repeated, beside sound', async () => {
    const job = await run({
      input: 'logo.png',
      arguments: { input: ['-loop', '1', '-framerate', '5'], inputs: [{ uri: 'sound.m4a' }] },
      outputs: [output('still.mp4', '-shortest', '-t', '1', '-c:v', 'libx264', '-pix_fmt', 'yuv420p')],
    })
    expect(job, JSON.stringify(job.error)).toMatchObject({ state: 'completed' })
    expect(facts('still.mp4').streams).toEqual(['h264', 'aac'])
  })

  test('an input that is cut off is found out, and nothing is published', async () => {
    const job = await run({
      input: 'cut.mkv',
      outputs: [output('cut.mp4', '-c:v', 'libx264', '-preset', 'ultrafast')],
      maxAttempts: 1,
    })
    expect(job.state).toBe('failed')
    expect(job.error?.code).toBe('INPUT_TRUNCATED')
    expect(await readdir(stack.outputRoot)).not.toContain('cut.mp4')
  })

  test('a playlist is no input, wherever it stands', async () => {
    const job = await run({
      input: 'in.mp4',
      arguments: { inputs: [{ uri: 'playlist.mp4' }] },
      outputs: [output('list.mp4', '-map', '1')],
      maxAttempts: 1,
    })
    expect(job.error?.code).toBe('UNSUPPORTED_CONTAINER')
  })

  test('a dry run shows the command, with the fence in front of every input', async () => {
    const { plan, refusal } = await stack.client.dryRun({
      input: 'in.mp4',
      arguments: { inputs: [{ uri: 'sound.m4a' }] },
      outputs: [output('dry.mp4', '-t', '0:01.5')],
    })
    expect(refusal).toBeNull()
    const argv = plan!.passes[0]!.argv
    expect(argv.filter((each) => each === '-format_whitelist')).toHaveLength(2)
    expect(argv.filter((each) => each === '-i').length).toBe(2)
    expect(plan!.passes[0]!.expected).toEqual({ durationUs: 1_500_000, frames: null })
  })

  test.each([
    ['the length of the input', [], {}, 2],
    ['-t of the output', ['-t', '1'], {}, 1],
    ['-ss and -to of the output', ['-ss', '0.5', '-to', '1.25'], {}, 0.75],
    ['loops of the input', [], { input: ['-stream_loop', '2'] }, 6],
    ['-ss of the input', [], { input: ['-ss', '0.5'] }, 1.5],
    ['half the speed', ['-an', '-vf', 'setpts=2*PTS'], {}, 4],
    ['a filter that takes any frames', ['-an', '-vf', "select='gt(scene,0.3)'"], {}, null],
  ] as const)('%s is expected', async (_name, options, command, seconds) => {
    const { plan, refusal } = await stack.client.dryRun({
      input: 'in.mp4',
      arguments: command as NonNullable<JobRequest['arguments']>,
      outputs: [output('x.mp4', ...options)],
    })
    expect(refusal).toBeNull()
    const { durationUs } = plan!.passes[0]!.expected
    if (seconds === null) expect(durationUs).toBeNull()
    else expect(durationUs! / 1e6).toBeCloseTo(seconds, 1)
  })
})

describe('what is refused', () => {
  test.each([
    ['an option', { outputs: [output('x.mp4', '-crf', '20', '-attach', '/etc/passwd')] }, '/outputs/0/arguments/2'],
    ['tee', { outputs: [output('x.mp4', '-f', 'tee')] }, '/outputs/0/arguments/1'],
    ['a filter', { outputs: [output('x.mp4', '-vf', 'movie=/etc/passwd')] }, '/outputs/0/arguments/1'],
    [
      'a filter over all',
      { arguments: { filter: 'amovie=/etc/passwd' }, outputs: [output('x.mp4')] },
      '/arguments/filter',
    ],
    [
      'an option of the input',
      { arguments: { input: ['-filter_script', 'x'] }, outputs: [output('x.mp4')] },
      '/arguments/input/0',
    ],
    [
      'one of a further input',
      { arguments: { inputs: [{ uri: 'in.mp4', arguments: ['-safe', '0'] }] }, outputs: [output('x.mp4')] },
      '/arguments/inputs/0/arguments/0',
    ],
    [
      'what has no end',
      { arguments: { input: ['-stream_loop', '-1'] }, outputs: [output('x.mp4')] },
      '/outputs/0/arguments/0',
    ],
  ])('%s', async (_name, request, pointer) => {
    expect(await refusal({ input: 'in.mp4', ...request } as JobRequest)).toMatchObject({
      code: 'ARGUMENT_NOT_ALLOWED',
      pointers: [pointer],
    })
  })

  test.each([
    ['a path without a container', { outputs: [output('x.m3u8')] }, ['/outputs/0/path']],
    ['no path', { outputs: [{ preset: 'arguments' }] }, ['/outputs/0/path']],
    ['arguments beside a preset', { outputs: [{ preset: 'mp3-192k', arguments: [] }] }, ['/outputs/0/arguments']],
    ['a preset beside arguments', { outputs: [output('x.mp4'), { preset: 'mp3-192k' }] }, ['/outputs/1/preset']],
    ['a command without outputs of it', { arguments: {}, outputs: [{ preset: 'mp3-192k' }] }, ['/arguments']],
    ['a part of the input', { input: { uri: 'in.mp4', startMs: 5 }, outputs: [output('x.mp4')] }, ['/input/startMs']],
  ])('%s', async (_name, request, pointers) => {
    expect(await refusal({ input: 'in.mp4', ...request } as JobRequest)).toMatchObject({
      code: 'INVALID_REQUEST',
      pointers,
    })
  })

  test('an input that is not there', async () => {
    const request = { input: 'in.mp4', arguments: { inputs: [{ uri: '../x' }] }, outputs: [output('x.mp4')] }
    expect(await refusal(request)).toMatchObject({ code: 'PATH_OUTSIDE_ROOT', pointers: ['/arguments/inputs/0/uri'] })
  })
})

describe('who may', () => {
  const request = { input: 'in.mp4', outputs: [output('x.mp4')] }
  const codeOf = (api: { url: string }, apiKey?: string) =>
    new FfleetClient({ baseUrl: api.url, ...(apiKey && { apiKey }) }).submit(request).then(
      () => 'accepted',
      (error: FfleetApiError) => error.code,
    )

  test('nobody, unless the operator turns it on', async () => {
    const api = await startApi()
    expect(await codeOf(api)).toBe('ARGUMENTS_NOT_ACCEPTED')
    await api.close()
  })

  test('where there are keys, those that were made for it', async () => {
    const keyFile = join(await aFolder(), 'keys.json')
    const plain = await addKey(keyFile, { name: 'plain', role: 'admin', tenant: null })
    const trusted = await addKey(keyFile, { name: 'trusted', role: 'submit', tenant: null, arguments: true })
    const api = await startApi({ keyFile, arguments: true })
    expect(await codeOf(api, plain.key)).toBe('ARGUMENTS_NOT_ACCEPTED')
    expect(await codeOf(api, trusted.key)).toBe('accepted')
    await api.close()
  })
})
