/** Ladders that are played while they are encoded: what whoever asks for them sees from the first segment to the end, and when there is none. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import type { JobEvent, Playable } from '../../src/contract/index.js'
import { FFMPEG } from '../helpers/ffmpeg-runs.js'
import { PACED, program, TINY, useFleet } from '../helpers/fleet.js'
import { aFolder, contentsOf } from '../helpers/folder.js'
import { long } from '../helpers/long.js'

const fleet = useFleet({ clips: {} })

async function makeFilm(name: string, picture: string, sound: string): Promise<void> {
  const inputs = ['-f', 'lavfi', '-i', `testsrc2=${picture}`, '-f', 'lavfi', '-i', `sine=440:${sound}`]
  const into = join(fleet.stack.mediaRoot, name)
  await promisify(execFile)('ffmpeg', ['-v', 'error', ...inputs, '-preset', 'ultrafast', into])
}
beforeAll(async () => {
  // Long enough for a player to be far from its end, as an encoder works some seconds behind its input.
  await makeFilm('long.mp4', 's=160x120:r=25:d=12', 'd=12')
  // With more frames in a second it works less behind. Smaller pictures are none for encoders of hardware.
  await makeFilm('quick.mp4', 's=192x144:r=50:d=6', 'd=6')
})

const LADDER = { rungs: [{ height: 120 }, { height: 80 }], segmentMs: 1_000, poster: true, thumbnails: true }
const early = { preset: 'cmaf', name: 'film', ladder: { ...LADDER, playable: 'while-encoding' as const } }
const late = { preset: 'cmaf', name: 'film', ladder: LADDER }

/** x264 in several is not the same twice where rates have a cap. */
const ONE_THREAD = ['taskset', '-c', '0']

const url = (path: string) => `${fleet.stack.baseUrl}${path}`
const isPlayable = (event: JobEvent) => event.type === 'output.playable' && event.playable !== null

/** Where it is played, from its event on. */
async function played(id: string): Promise<Playable> {
  const event = await fleet.told(id, isPlayable)
  return (event as Extract<JobEvent, { type: 'output.playable' }>).playable!
}

async function text(path: string): Promise<string> {
  const answer = await fetch(url(path))
  expect(answer.status, path).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  return answer.text()
}

async function bytes(path: string): Promise<Buffer> {
  const answer = await fetch(url(path))
  expect(answer.status, path).toBe(200)
  return Buffer.from(await answer.arrayBuffer())
}

async function codeOf(path: string): Promise<[number, string]> {
  const answer = await fetch(url(path))
  return [answer.status, ((await answer.json()) as { code: string }).code]
}

const listsIn = (master: string) => [...master.matchAll(/^(?!#)(.+)$|URI="([^"]+)"/gm)].map(([, a, b]) => (a ?? b)!)
const segmentsIn = (list: string) => list.split('\n').filter((line) => line.endsWith('.m4s'))
/** All but the word that it is open, which changes, and is at the end. */
const kept = (list: string) => list.replace('TYPE:EVENT', 'TYPE:VOD').trimEnd()

/** All files of a published ladder, and what is in them. */
const contents = (id: string) => contentsOf(join(fleet.stack.outputRoot, id, 'film'))

test('lists grow and no line of them changes, each segment can be decoded, and the end is the one of a ladder that was shown whole', async () => {
  const quick = await fleet.worker({}, ONE_THREAD)
  const other = await fleet.submit({ input: 'long.mp4', outputs: [late] })
  expect((await fleet.ended(other)).outputs[0]).not.toHaveProperty('playable')
  quick.signal('SIGTERM')
  await quick.ended
  await fleet.worker(PACED, ONE_THREAD)
  const id = await fleet.submit({ input: 'long.mp4', outputs: [early] })
  const { href, afterMs, attempt } = await played(id)
  expect(href).toBe(`/v1/jobs/${id}/early/1/film/master.m3u8`)
  expect(attempt).toBe(1)
  const [output] = (await fleet.get(id)).outputs
  expect(output).toMatchObject({ sha256: null, playable: { href, afterMs, attempt } })
  const base = href.replace('master.m3u8', '')
  const master = await text(href)
  const lists = listsIn(master)
  expect(lists.toSorted()).toEqual(['audio-und/index.m3u8', 'video-120p/index.m3u8', 'video-80p/index.m3u8'])
  const former = new Map<string, string>()
  /** Segments behind their header, as they were when they were first listed. */
  const seen = new Map<string, Buffer>()
  /** What is listed now; whether each list is at its end. */
  async function look(): Promise<boolean> {
    let areWhole = true
    for (const path of lists) {
      const list = await text(base + path)
      expect(kept(list).startsWith(kept(former.get(path) ?? '').replace('\n#EXT-X-ENDLIST', '')), path).toBe(true)
      former.set(path, list)
      areWhole &&= list.endsWith('#EXT-X-ENDLIST\n')
      const track = base + path.replace('index.m3u8', '')
      for (const name of segmentsIn(list)) {
        if (!seen.has(track + name))
          seen.set(track + name, Buffer.concat([await bytes(`${track}init.mp4`), await bytes(track + name)]))
      }
    }
    return areWhole
  }
  const sizes: number[] = []
  while (!(await look())) {
    sizes.push(segmentsIn(former.get('video-120p/index.m3u8')!).length)
    if (sizes.length === 1) expect((await fleet.get(id)).state).toBe('active')
  }
  expect(sizes[0]).toBeGreaterThanOrEqual(2)
  expect(new Set(sizes).size).toBeGreaterThan(2)
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', warnings: [], outputs: [{ playable: { href, afterMs, attempt } }] })
  for (const path of lists) expect(segmentsIn(former.get(path)!)).toHaveLength(12)
  const file = join(await aFolder(), 's.mp4')
  for (const [path, segment] of seen) {
    await writeFile(file, segment)
    const args = ['-v', 'error', '-xerror', '-i', file, '-f', 'null', '-']
    expect((await promisify(execFile)(FFMPEG, args)).stderr, path).toBe('')
  }
  // The same address has what came with the end.
  expect(await text(`${base}video-120p/iframes.m3u8`)).toContain('#EXT-X-I-FRAMES-ONLY')
  expect(await contents(id)).toEqual(await contents(other))
})

test('no path leads out of the folder', async () => {
  await fleet.worker(PACED)
  const id = await fleet.submit({ input: 'long.mp4', outputs: [early] })
  const { href } = await played(id)
  const base = href.replace('master.m3u8', '')
  const { port } = new URL(fleet.stack.baseUrl)
  for (const path of [
    ...['../out-0.video-120p.mp4', '..%2Fout-0.video-120p.mp4', '%2e%2e/out-0.video-120p.mp4', 'video-120p/../../1'],
    ...['..%2f..%2f..%2fffleet-root', '%2Fetc%2Fpasswd', '/etc/passwd', 'master.m3u8%00', 'video-120p', 'nothing.m4s'],
    '%5C..%5Cin.mp4',
  ]) {
    // As it is: fetch would tidy it up.
    const args = [
      '-s',
      '--path-as-is',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      `http://127.0.0.1:${port}${base}${path}`,
    ]
    const { stdout } = await promisify(execFile)('curl', args)
    expect([path, stdout]).toEqual([path, expect.stringMatching(/^4\d\d$/)])
  }
  expect(await codeOf(href.replace('/early/1/', '/early/2/'))).toEqual([404, 'NOT_FOUND'])
  expect(await codeOf(href.replace('/film/', '/other/'))).toEqual([404, 'NOT_FOUND'])
  await fleet.stack.client.cancel(id)
  await fleet.ended(id)
  expect(await codeOf(href)).toEqual([410, 'OUTPUT_WITHDRAWN'])
  expect((await fleet.get(id)).outputs[0]!.playable).toBeNull()
})

test('what a worker showed that was lost is gone with it; the next attempt has an address of its own', async () => {
  const lost = await fleet.worker(PACED)
  const id = await fleet.submit({ input: 'long.mp4', outputs: [early] })
  const { href } = await played(id)
  lost.signal('SIGKILL')
  await lost.ended
  await fleet.worker(PACED)
  await fleet.told(id, (event) => event.type === 'attempt.started' && event.attempt === 2)
  expect(await codeOf(href)).toEqual([410, 'OUTPUT_WITHDRAWN'])
  const next = await fleet.told(id, (event) => isPlayable(event) && 'attempt' in event && event.attempt === 2)
  expect(next).toMatchObject({ playable: { href: href.replace('/early/1/', '/early/2/'), attempt: 2 } })
  await fleet.ended(id)
  expect(await codeOf(href)).toEqual([410, 'OUTPUT_WITHDRAWN'])
  expect(await text(href.replace('/early/1/', '/early/2/'))).toContain('EXT-X-I-FRAME-STREAM-INF')
})

long('an encode that is begun anew takes back what it showed, and shows nothing until it is published', async () => {
  const FAILURES = join(fleet.stack.folder, 'failures')
  await fleet.worker({
    FFLEET_SANDBOX: 'none',
    FFLEET_FFMPEG: program('hardware-encoders.mjs'),
    FFLEET_HARDWARE: 'nvenc',
    FFLEET_STAND_IN_ENCODERS: 'h264_nvenc',
    FFLEET_STAND_IN_FAILURES: FAILURES,
    FFLEET_STAND_IN_PACED: '1',
  })
  await writeFile(FAILURES, 'h264_nvenc after 20')
  const beside = { ...TINY, name: 'beside', video: { encoder: 'auto' as const } }
  const ladder = { rungs: [{ height: 80 }], segmentMs: 1_000, playable: 'while-encoding' as const }
  const id = await fleet.submit({ input: 'quick.mp4', outputs: [{ ...early, ladder }, beside] })
  const { href } = await played(id)
  await text(href)
  await fleet.told(id, (event) => event.type === 'output.playable' && event.playable === null)
  expect((await fleet.get(id)).state).toBe('active')
  expect(await codeOf(href)).toEqual([410, 'OUTPUT_WITHDRAWN'])
  const job = await fleet.ended(id)
  expect(job).toMatchObject({ state: 'completed', attempt: 1, outputs: [{ name: 'film', playable: null }, {}] })
  expect(job.warnings).toContainEqual(expect.objectContaining({ code: 'NOT_PLAYABLE_EARLY', output: 'film' }))
  expect((await fleet.events(id)).filter(({ type }) => type === 'output.playable')).toHaveLength(2)
  expect(await codeOf(href)).toEqual([410, 'OUTPUT_WITHDRAWN'])
  expect((await fetch(url(`/v1/jobs/${id}/outputs/film/master.m3u8`))).status).toBe(200)
})
