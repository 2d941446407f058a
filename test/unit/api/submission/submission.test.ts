import { execFileSync } from 'node:child_process'
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestOf } from '../../../../src/api/submission/request-of.js'
import { normalizeRequest } from '../../../../src/api/submission/submission.js'
import { FfleetError, type JobRequest, type OutputRequest } from '../../../../src/contract/index.js'
import { shippedFont } from '../../../../src/fonts/index.js'
import { loadPresets, type PresetBook } from '../../../../src/presets/index.js'
import { newRecord, openJob, outputOf } from '../../../../src/queue/record.js'
import { openRemote } from '../../../../src/remote/index.js'
import { openStorage, type Storage } from '../../../../src/storage/index.js'
import { aJob } from '../../../helpers/jobs.js'

let folder: string
let storage: Storage
let presets: PresetBook

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffleet-submission-'))
  const folders = {
    mediaRoot: join(folder, 'media'),
    outputRoot: join(folder, 'out'),
    dataDir: join(folder, 'out/data'),
  }
  for (const each of Object.values(folders)) await mkdir(each, { recursive: true })
  await mkdir(join(folder, 'media/folder'))
  await mkdir(join(folder, 'out/real'))
  await symlink(join(folder, 'out/real'), join(folder, 'out/link'))
  await writeFile(join(folder, 'media/in.mp4'), 'media')
  await link(join(folder, 'media/in.mp4'), join(folder, 'out/same.mp4'))
  await symlink('/etc/hostname', join(folder, 'media/out-of-here'))
  execFileSync('mkfifo', [join(folder, 'media/pipe')])
  storage = openStorage(folders)
  presets = await loadPresets()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Each id is that of a job that waits, with an output that is not there yet. */
const OPEN_JOBS = {
  get: async (id: string) => openJob(newRecord(id, aJob(), 0), 'queued', { place: null, forecast: null }),
  publication: async (id: string) => {
    const output = outputOf(newRecord(id, aJob(), 0), aJob().outputs[0]!)
    return { output, isFolder: false, attempt: 0, isToBePlayed: false, written: null, owner: id }
  },
}

const normalize = (request: Partial<JobRequest>, outputs = storage.outputs) =>
  normalizeRequest(defined({ input: 'in.mp4', outputs: [{ preset: 'h264-360p' }], ...request }), {
    inputs: storage.inputs,
    outputs,
    presets,
    font: shippedFont(),
    ownerOf: async () => null,
    jobs: OPEN_JOBS,
    uploads: { get: async () => null },
    arguments: { accepted: true },
    webhookNetworks: ['192.168.1.0/24'],
    remote: openRemote({ allow: [], timeoutMs: 1_000, resolve: async (name) => NAMES[name] ?? [] }),
  })

const NAMES: Record<string, { address: string; family: number }[]> = {
  'public.example': [{ address: '93.184.216.34', family: 4 }],
  'inside.example': [{ address: '10.0.0.7', family: 4 }],
  'both.example': [
    { address: '10.0.0.7', family: 4 },
    { address: '93.184.216.34', family: 4 },
  ],
}

/** As it comes by HTTP, where nothing is undefined. */
const defined = (request: JobRequest): JobRequest => JSON.parse(JSON.stringify(request))

async function refusal(
  request: Partial<JobRequest>,
  outputs?: Storage['outputs'],
): Promise<{ code: string; detail: string; pointers: string[] }> {
  const error = await normalize(request, outputs).then(
    () => Promise.reject(new Error('It was accepted.')),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof FfleetError)) throw error
  return { code: error.code, detail: error.message, pointers: error.errors.map(({ pointer }) => pointer) }
}

describe('a request becomes a job', () => {
  it('with every default filled in', async () => {
    expect(await normalize({})).toEqual({
      input: { uri: 'in.mp4', startMs: null, endMs: null, expectedDurationMs: null },
      inputBytes: 5,
      outputs: [
        { name: 'h264-360p', preset: 'h264-360p', recipe: presets.get('h264-360p'), path: null, onExists: 'fail' },
      ],
      priority: 0,
      maxAttempts: 3,
      timeoutMs: null,
      delayMs: 0,
      tags: {},
      webhook: null,
    })
  })

  it('behind all jobs that it names anywhere, each once', async () => {
    const [a, b, c] = ['A', 'B', 'C'].map((letter) => letter.repeat(26)) as [string, string, string]
    const job = await normalize({
      input: `job:${b}/main`,
      after: [a, b],
      arguments: { inputs: [{ uri: `job:${c}/main` }, { uri: `job:${b}/main` }] },
      outputs: [{ preset: 'arguments', path: 'out.mp4', arguments: ['-c', 'copy'] }],
    })
    expect(job).toMatchObject({ after: [a, b, c], inputBytes: null })
  })

  it('with all that is played, one after another', async () => {
    const clip = { uri: 'in.mp4', startMs: null, endMs: null, expectedDurationMs: null }
    const job = await normalize({ input: undefined!, inputs: ['in.mp4', { uri: 'in.mp4', speed: 2, loop: 1 }] })
    expect(job).toMatchObject({ input: clip, inputs: [clip, { ...clip, speed: 2 }], inputBytes: 5 })
    expect(job.inputs![1]).not.toHaveProperty('loop')
    const files = [{ uri: `job:${'A'.repeat(26)}/subs`, language: 'eng', offsetMs: -5 }]
    const beside = await normalize({
      input: { uri: 'in.mp4', speed: 2, subtitles: files },
      outputs: [{ preset: 'h264-360p', tracks: { subtitles: 'burn' } }],
    })
    expect(beside).toMatchObject({ input: { subtitles: files, speed: 2 }, after: ['A'.repeat(26)] })
    const followed = await normalize({ input: { uri: 'in.mp4', soundtrack: `job:${'A'.repeat(26)}/main` } })
    expect(followed).toMatchObject({ after: ['A'.repeat(26)], inputBytes: null })
  })

  it.each<[Partial<JobRequest>, string[]]>([
    [{ input: undefined! }, ['/input']],
    [{ inputs: ['in.mp4'] }, ['/inputs']],
    [{ input: undefined!, inputs: ['in.mp4', { uri: 'nope.mp4' }, 'nope.mp4'] }, ['/inputs/1/uri', '/inputs/2']],
    [
      {
        input: undefined!,
        inputs: [
          { uri: 'in.mp4', loop: 98 },
          { uri: 'in.mp4', loop: 2 },
        ],
      },
      ['/inputs'],
    ],
    [{ input: { uri: 'in.mp4', soundtrack: 'nope.mp3' } }, ['/input/soundtrack']],
    [{ input: { uri: 'in.mp4', crossfadeMs: 500 } }, ['/input/crossfadeMs']],
    [
      {
        input: undefined!,
        inputs: [
          { uri: 'in.mp4', crossfadeMs: 500 },
          { uri: 'in.mp4', fadeOutMs: 1 },
          { uri: 'in.mp4', crossfadeMs: 9 },
        ],
      },
      ['/inputs/0/crossfadeMs', '/inputs/2/crossfadeMs'],
    ],
    [
      { input: undefined!, inputs: ['in.mp4', { uri: 'in.mp4', crossfadeMs: 500, fadeInMs: 1 }] },
      ['/inputs/1/crossfadeMs'],
    ],
    [{ input: { uri: 'in.mp4', subtitles: [{ uri: 'nope.srt' }] } }, ['/input/subtitles/0/uri']],
    [{ input: { uri: 'in.mp4', loop: 2, subtitles: [{ uri: 'in.mp4' }] } }, ['/input/subtitles']],
    [
      {
        input: { uri: 'in.mp4', subtitles: [{ uri: 'in.mp4' }] },
        outputs: [{ preset: 'arguments', path: 'a.mp4', arguments: [] }],
      },
      ['/input/subtitles'],
    ],
    [
      {
        input: undefined!,
        inputs: ['in.mp4', 'in.mp4'],
        outputs: [{ preset: 'h264-360p', tracks: { subtitles: 'burn' } }],
      },
      ['/outputs/0/tracks/subtitles'],
    ],
    [
      { input: 'in.mp4', outputs: [{ preset: 'copy-mp4', tracks: { subtitles: { burn: 'eng' } } }] },
      ['/outputs/0/tracks/subtitles'],
    ],
    [{ input: { uri: 'in.mp4', startMs: 1, durationMs: 500 } }, ['/input/durationMs']],
    [{ input: { uri: 'in.mp4', speed: 2 }, outputs: [{ preset: 'copy-mp4' }] }, ['/outputs/0/preset']],
    [
      { input: { uri: 'in.mp4', speed: 2 }, outputs: [{ preset: 'h264-360p', tracks: { audio: 'all' } }] },
      ['/outputs/0/tracks'],
    ],
    [
      { input: { uri: 'in.mp4', speed: 2 }, outputs: [{ preset: 'arguments', path: 'a.mp4', arguments: [] }] },
      ['/input/speed'],
    ],
  ])('not from inputs that do not go together: %j', async (request, pointers) => {
    expect((await refusal(request)).pointers).toEqual(pointers)
  })

  it('with everything that was asked for', async () => {
    const job = await normalize({
      input: { uri: 'in.mp4', startMs: 1_000, endMs: 2_000 },
      outputs: [{ preset: 'h264-720p', name: 'main', path: './a//b/../out.mp4', video: { crf: 30 } }],
      priority: 7,
      maxAttempts: 1,
      timeoutMs: 5,
      delayMs: 6,
      tags: { customer: '42' },
    }).catch(() => null)
    // `..` is refused even where it stays inside.
    expect(job).toBeNull()
    const right = await normalize({
      input: { uri: 'in.mp4', startMs: 1_000, endMs: 2_000 },
      outputs: [{ preset: 'h264-720p', name: 'main', path: './a//out.mp4', video: { crf: 30 } }],
      tags: { customer: '42' },
      webhook: { url: 'http://192.168.1.7/in?x=1', events: ['progress', 'job.failed', 'progress'] },
    })
    expect(right.webhook).toEqual({
      url: 'http://192.168.1.7/in?x=1',
      events: ['progress', 'job.failed'],
      progressIntervalMs: 5_000,
    })
    expect(right.outputs[0]).toMatchObject({ name: 'main', preset: 'h264-720p', path: 'a/out.mp4' })
    expect(right.outputs[0]!.recipe).toMatchObject({ video: { crf: 30, height: 720 } })
    expect(presets.get('h264-720p')!.video!.crf).not.toBe(30)
    expect(right.input).toEqual({ uri: 'in.mp4', startMs: 1_000, endMs: 2_000, expectedDurationMs: null })
    expect(right.tags).toEqual({ customer: '42' })
  })

  it('with a name for each output that was given none', async () => {
    const preset = 'h264-360p'
    const outputs = [{ preset }, { preset, name: 'h264-360p-2' }, { preset }, { preset }]
    const job = await normalize({ outputs })
    expect(job.outputs.map(({ name }) => name)).toEqual(['h264-360p', 'h264-360p-2', 'h264-360p-3', 'h264-360p-4'])
  })
})

describe('a ladder that is played while it is encoded', () => {
  const asking = (preset: string) => ({ outputs: [{ preset, ladder: { playable: 'while-encoding' as const } }] })

  it('is one of HLS', async () => {
    for (const preset of ['hls', 'cmaf']) {
      const [output] = (await normalize(asking(preset))).outputs
      expect(output!.recipe).toMatchObject({ ladder: { playable: 'while-encoding' } })
    }
    const refused = await refusal(asking('dash'))
    expect(refused).toMatchObject({ code: 'INVALID_REQUEST', pointers: ['/outputs/0/ladder/playable'] })
    expect(refused.detail).toMatch(/take the preset hls, or cmaf/)
  })

  it('is refused where what is not finished can not be seen', async () => {
    const refused = await refusal(asking('hls'), { ...storage.outputs, showsUnfinished: false })
    expect(refused).toMatchObject({ code: 'INVALID_REQUEST', pointers: ['/outputs/0/ladder/playable'] })
    expect(refused.detail).toMatch(/in a bucket/)
  })
})

describe('an output in parts', () => {
  it('keeps what was asked for, but for the default', async () => {
    const outputs = (split: OutputRequest['split']) => ({ outputs: [{ preset: 'h264-360p', split: split! }] })
    expect((await normalize(outputs({ segmentMs: 5_000 }))).outputs[0]).toMatchObject({ split: { segmentMs: 5_000 } })
    expect((await normalize(outputs('auto'))).outputs[0]).toMatchObject({ split: 'auto' })
    expect((await normalize(outputs('never'))).outputs[0]).not.toHaveProperty('split')
  })

  it.each<[string, Partial<JobRequest>, RegExp]>([
    ['a bitrate', { outputs: [{ preset: 'h264-360p', video: { bitrate: 1e6 } }] }, /a promise about all of it/],
    ['sound alone', { outputs: [{ preset: 'mp3-192k' }] }, /only films/],
    [
      'a ladder that is played before all of it is there',
      { outputs: [{ preset: 'hls', path: 'a', ladder: { playable: 'while-encoding' } }] },
      /played while it is encoded/,
    ],
    ['a filter that looks back', { outputs: [{ preset: 'h264-360p', video: { denoise: 'light' } }] }, /looks back/],
    [
      'a part of the input',
      { input: { uri: 'in.mp4', startMs: 5 }, outputs: [{ preset: 'h264-360p' }] },
      /only a part/,
    ],
  ])('is refused for %s, unless it may go without', async (_, request, why) => {
    const asking = (split: OutputRequest['split']) => ({
      ...request,
      outputs: request.outputs!.map((output) => ({ ...output, split: split! })),
    })
    const refused = await refusal(asking({ segmentMs: 5_000 }))
    expect(refused).toMatchObject({ code: 'INVALID_REQUEST', pointers: ['/outputs/0/split'] })
    expect(refused.detail).toMatch(why)
    await normalize(asking('auto'))
  })
})

describe('an input that lies elsewhere', () => {
  it.each(['https://public.example/in.mp4?sig=1', 'http://both.example/in.mp4', 'https://nobody-knows.example/in.mp4'])(
    '%s is accepted, and its size is not known',
    async (input) => {
      const job = await normalize({ input })
      expect(job).toMatchObject({ input: { uri: input }, inputBytes: null })
    },
  )

  it('is shown without what it is signed with', async () => {
    const soundtrack = 'https://public.example/song.mp3?token=secret'
    const input = { uri: 'https://public.example/in.mp4?sig=secret#t', soundtrack }
    const job = await normalize({ input: undefined as never, inputs: [input, 'in.mp4'] })
    const shown = openJob(newRecord('01J', job, 0), 'queued', { place: null, forecast: null })
    expect(shown.inputs?.[0]).toMatchObject({
      uri: 'https://public.example/in.mp4',
      soundtrack: 'https://public.example/song.mp3',
    })
    expect(JSON.stringify([shown, requestOf(job, presets)])).not.toContain('secret')
  })
})

describe('a request is refused', () => {
  it.each([
    ['../x.mp4', 'PATH_OUTSIDE_ROOT'],
    ['/etc/passwd', 'PATH_OUTSIDE_ROOT'],
    ['out-of-here', 'PATH_OUTSIDE_ROOT'],
    ['no.mp4', 'INPUT_NOT_FOUND'],
    ['folder', 'NOT_A_REGULAR_FILE'],
    ['pipe', 'NOT_A_REGULAR_FILE'],
    ['concat:in.mp4', 'SCHEME_NOT_ALLOWED'],
    ['http://127.0.0.1/in.mp4', 'URL_NOT_PUBLIC'],
    ['http://0x7f.1/in.mp4', 'URL_NOT_PUBLIC'],
    ['HTTPS://[::ffff:10.0.0.1]/in.mp4', 'URL_NOT_PUBLIC'],
    ['http://[64:ff9b::a9fe:a9fe]/latest/meta-data', 'URL_NOT_PUBLIC'],
    ['http://169.254.169.254/latest/meta-data', 'URL_NOT_PUBLIC'],
    ['https://localhost/in.mp4', 'URL_NOT_PUBLIC'],
    ['https://inside.example/in.mp4', 'URL_NOT_PUBLIC'],
    ['https://me:secret@public.example/in.mp4', 'INVALID_REQUEST'],
    ['https:public.example/in.mp4', 'INVALID_REQUEST'],
    ['https://public.example/a b.mp4', 'INVALID_REQUEST'],
    ['https://', 'INVALID_REQUEST'],
    ['file:///etc/passwd', 'SCHEME_NOT_ALLOWED'],
    ['upload:abc', 'INVALID_REQUEST'],
    ['s3://bucket/key', 'SCHEME_NOT_ALLOWED'],
    ['a\0b', 'INVALID_REQUEST'],
  ])('for the input %j', async (uri, code) => {
    expect(await refusal({ input: uri })).toMatchObject({ code, pointers: ['/input'] })
    const { detail, ...rest } = await refusal({ input: { uri } })
    expect(rest).toEqual({ code, pointers: ['/input/uri'] })
    expect(detail).not.toContain(folder)
  })

  const preset = 'h264-360p'
  it.each<[string, Partial<JobRequest>, string, string[]]>([
    [
      'a cut that ends before it starts',
      { input: { uri: 'in.mp4', startMs: 5, endMs: 5 } },
      'INVALID_REQUEST',
      ['/input/endMs'],
    ],
    [
      'a name that is taken',
      {
        outputs: [
          { preset, name: 'a' },
          { preset, name: 'a' },
        ],
      },
      'INVALID_REQUEST',
      ['/outputs/1/name'],
    ],
    [
      'a path that is taken',
      {
        outputs: [
          { preset, path: 'a.mp4' },
          { preset, path: './a.mp4' },
        ],
      },
      'INVALID_REQUEST',
      ['/outputs/1/path'],
    ],
    [
      'a path that is taken by another name',
      {
        outputs: [
          { preset, path: 'real/a.mp4' },
          { preset, path: 'link/a.mp4' },
        ],
      },
      'INVALID_REQUEST',
      ['/outputs/1/path'],
    ],
    [
      'a path inside another',
      {
        outputs: [
          { preset, path: 'a/b.mp4' },
          { preset: 'thumbnails', path: 'a' },
        ],
      },
      'INVALID_REQUEST',
      ['/outputs/1/path'],
    ],
    [
      'a path that leaves the root',
      { outputs: [{ preset, path: '../a.mp4' }] },
      'PATH_OUTSIDE_ROOT',
      ['/outputs/0/path'],
    ],
    [
      'a path into the data folder',
      { outputs: [{ preset, path: 'data/a.mp4' }] },
      'INVALID_REQUEST',
      ['/outputs/0/path'],
    ],
    [
      'an output that is the input',
      { outputs: [{ preset, path: 'same.mp4' }] },
      'INVALID_REQUEST',
      ['/outputs/0/path'],
    ],
    [
      'an override that does not apply',
      { outputs: [{ preset: 'mp3-192k', video: { crf: 20 } }] },
      'INVALID_REQUEST',
      ['/outputs/0/video'],
    ],
    ['a webhook to nowhere', { webhook: { url: 'ftp://example.com' } }, 'INVALID_REQUEST', ['/webhook/url']],
    ['a webhook into the network', { webhook: { url: 'http://10.0.0.1/' } }, 'URL_NOT_PUBLIC', ['/webhook/url']],
    ['a tag without a name', { tags: { '': 'x' } }, 'INVALID_REQUEST', ['/tags/']],
    ['a tag with a line break in its name', { tags: { 'a\nb': 'x' } }, 'INVALID_REQUEST', ['/tags/a\nb']],
  ])('for %s', async (_what, request, code, pointers) => {
    expect(await refusal(request)).toMatchObject({ code, pointers })
  })

  it('for a preset that is not there, with the ones that are near', async () => {
    const { code, detail, pointers } = await refusal({ outputs: [{ preset: 'h264-72p' }] })
    expect({ code, pointers }).toEqual({ code: 'PRESET_NOT_FOUND', pointers: ['/outputs/0/preset'] })
    expect(detail).toContain('h264-720p')
    expect((await refusal({ outputs: [{ preset: 'nope' }] })).detail).toBe('There is no preset `nope`.')
  })

  it('for everything at once', async () => {
    const { code, pointers } = await refusal({
      input: 'no.mp4',
      outputs: [
        { preset: 'nope', path: '../a.mp4' },
        { preset, video: { width: 20 }, path: 'b.mp4' },
      ],
      webhook: { url: 'https://user:pass@example.com' },
    })
    expect(code).toBe('INVALID_REQUEST')
    expect(pointers.sort()).toEqual(['/input', '/outputs/0/path', '/outputs/0/preset', '/webhook/url'])
  })
})
