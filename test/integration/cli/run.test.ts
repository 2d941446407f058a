import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { makeClip } from '../../../fixtures/media/recipes.js'
import type { JobEvent, Probe, Report } from '../../../src/index.js'
import { findExecutable } from '../../../src/programs.js'
import { createQueue } from '../../../src/queue/index.js'
import { cli, processesOf, startCli } from '../../helpers/cli.js'
import { aJob } from '../../helpers/jobs.js'
import { long, some } from '../../helpers/long.js'
import { startRedis } from '../../helpers/redis.js'

/** As long for a clip as it plays. */
const PACED = { FFLEET_FFMPEG: resolve(import.meta.dirname, '../../../fixtures/programs/paced.sh') }

let folder: string
beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ffleet-run-')))
  await copyFile(await makeClip('h264-aac-6s'), join(folder, 'clip.mov'))
})
afterEach(async () => {
  for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
  rmSync(state(), { recursive: true, force: true })
})

const files = () => readdirSync(folder).toSorted()
/** What is the user's own stands beside the folder. */
const state = () => `${folder}-state`
const records = () => readdirSync(join(state(), 'ffleet', 'runs'))
const own = (env = {}) => ({ XDG_STATE_HOME: state(), ...env })
const run = (args: string[], env = {}) => cli(['run', ...args], { cwd: folder, env: own(env) })
const nothingRuns = () => expect.poll(() => processesOf(folder)).toEqual([])

const started = (running: { readonly stdout: string }) =>
  expect.poll(() => running.stdout, { timeout: 20_000 }).toContain('encoding')

describe('ffleet run', () => {
  long('needs nothing that only Linux has, as far as that can be seen here', async () => {
    const renamed = "data:text/javascript,Object.defineProperty(process,'platform',{value:'darwin'})"
    const env = { NODE_OPTIONS: `--import ${renamed}` }
    const ended = await run(['clip.mov', '--preset', 'h264-360p', '--json'], env)
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stdout.trimEnd().split('\n').at(-1)).toContain('"percent":100')
    expect(records()).toHaveLength(1)
  })

  test('makes the output beside the input, keeps the report and the log, and nothing else', async () => {
    const { code, stdout, stderr } = await run(['clip.mov', '-p', 'h264-360p'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(files()).toEqual(['clip.h264-360p.mp4', 'clip.mov'])
    const [id, ...others] = records()
    expect(others).toEqual([])
    const kept = join(state(), 'ffleet', 'runs', id!)
    expect(readdirSync(kept).toSorted()).toEqual(['ffmpeg.log', 'report.json'])
    const report = JSON.parse(readFileSync(join(kept, 'report.json'), 'utf8')) as Report
    expect(report).toMatchObject({ jobId: id, state: 'completed', attempts: [{ passes: [{ exitCode: 0 }] }] })
    expect(readFileSync(join(kept, 'ffmpeg.log'), 'utf8')).toContain('libx264')
    const summary = stdout.slice(stdout.indexOf('✔'))
    expect(summary).toMatch(/^✔ clip\.mov → h264-360p {2}\d+ kB in .+ m?s$/m)
    expect(summary).toMatch(/output {2}clip\.h264-360p\.mp4 {2}0:06, \d+ kB, h264 320x180, aac/)
    expect(summary).toMatch(/encode {2}.+x, .+ fps, CPU .+, memory .+ MB/)
    expect(summary).toContain(`report  ../${basename(state())}/ffleet/runs/${id}/report.json`)
    expect(summary).toMatch(new RegExp(`job +${id}\\n`))
    expect(summary).toContain(`file://${folder}/clip.h264-360p.mp4`)
    await nothingRuns()
  })

  long('several outputs in several folders; presets by extension; a folder output', async () => {
    mkdirSync(join(folder, 'a'))
    mkdirSync(join(folder, 'b'))
    const { code } = await run(
      ['clip.mov', '-o', 'a/x.mp3', '-o', 'b/y.flac', '-p', 'thumbnails', '-o', 'b/thumbs'].toSpliced(
        5,
        0,
        '-p',
        'flac',
      ),
    )
    expect(code).toBe(0)
    expect(readdirSync(join(folder, 'a'))).toEqual(['x.mp3'])
    expect(readdirSync(join(folder, 'b')).toSorted()).toEqual(['thumbs', 'y.flac'])
    expect(readdirSync(join(folder, 'b', 'thumbs'))).toContain('index.vtt')
    const probed = await cli(['probe', 'a/x.mp3'], { cwd: folder })
    expect((JSON.parse(probed.stdout) as Probe).streams[0]).toMatchObject({ type: 'audio', codec: 'mp3' })
    expect(files()).toEqual(['a', 'b', 'clip.mov'])
  })

  long('inputs are joined and played otherwise, with files of other folders', async () => {
    mkdirSync(join(folder, 'art'))
    mkdirSync(join(folder, 'reel'))
    await copyFile(await makeClip('h264-aac'), join(folder, 'reel/short.mp4'))
    await copyFile(await makeClip('h264-aac'), join(folder, 'art/logo.mp4'))
    const words = ['reel', 'clip.mov', 'reel/short.mp4', '--join', '--speed', '2', '--soundtrack', 'art/logo.mp4']
    const none = await run([...words, '-o', 'all.mp4', '--watermark', 'art/none.png'])
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no input art/none.png.') })
    const { code, stdout } = await run([...words, '-o', 'all.mp4', '-p', 'h264-360p'])
    expect(code).toBe(0)
    // 2 + 6 + 2 seconds, at twice the speed.
    expect(stdout).toMatch(/output {2}all\.mp4 {2}0:05, /)
    expect(records()).toHaveLength(1)
    expect(files()).toEqual(['all.mp4', 'art', 'clip.mov', 'reel'])
    const over = await run(['clip.mov', 'reel/short.mp4', '--join', '-o', 'reel/short.mp4', '--force'])
    expect(over).toMatchObject({ code: 1, stderr: expect.stringContaining('would overwrite the input') })
  })

  test('replaces a file only when forced to', async () => {
    writeFileSync(join(folder, 'mine.flac'), 'mine')
    const refused = await run(['clip.mov', '-o', 'mine.flac'])
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('mine.flac is there already; --force') })
    expect(readFileSync(join(folder, 'mine.flac'), 'utf8')).toBe('mine')
    expect(await run(['clip.mov', '-o', 'mine.flac', '--force'])).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, 'mine.flac')).subarray(0, 4).toString()).toBe('fLaC')
  })

  long('makes a part of the input', async () => {
    const made = await run(['clip.mov', '-o', 'part.flac', '--start', '0:01.5', '--end', '00:00:03'])
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const probed = await cli(['probe', 'part.flac'], { cwd: folder })
    expect((JSON.parse(probed.stdout) as Probe).durationUs).toBeCloseTo(1_500_000, -5)
    const behind = await run(['clip.mov', '-o', 'none.flac', '--start', '60'])
    expect(behind).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--start 60 is past the end of the input'),
    })
    const turned = await run(['clip.mov', '-o', 'none.flac', '--start', '3', '--end', '2'])
    expect(turned).toMatchObject({ code: 2, stderr: expect.stringContaining('--end 2 must be after --start 3') })
    expect(files()).toEqual(['clip.mov', 'part.flac'])
  })

  long('--json is the events and nothing else', async () => {
    const { code, stdout } = await run(['clip.mov', '-p', 'h264-360p', '--json'])
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JobEvent)
    expect(code).toBe(0)
    expect(events[0]?.type).toBe('job.queued')
    expect(events.at(-1)?.type).toBe('job.completed')
    expect(events.some((event) => event.type === 'progress')).toBe(true)
  })

  test('several files and folders: each its own name, one summary, what is no media said', async () => {
    mkdirSync(join(folder, 'in', 'sub'), { recursive: true })
    const clip = join(folder, 'clip.mov')
    for (const name of ['a.mov', 'A.mp4', 'sub/b.mov']) await copyFile(clip, join(folder, 'in', name))
    writeFileSync(join(folder, 'in', 'notes.txt'), 'x')
    writeFileSync(join(folder, 'in', 'broken.mp4'), Buffer.alloc(5_000, 7))
    const made = await run(['in', 'clip.mov', '-o', 'out', '-p', 'mp3-192k', '-audio-bitrate', '64k'])
    expect(made.code).toBe(1)
    expect(readdirSync(join(folder, 'out'), { recursive: true }).toSorted()).toEqual([
      'A.mp4.mp3-192k.mp3',
      'a.mov.mp3-192k.mp3',
      'clip.mp3-192k.mp3',
      'sub',
      'sub/b.mp3-192k.mp3',
    ])
    expect(made.stderr).toMatch(
      /^4 done, 1 failed, 1 skipped\n {2}failed in\/broken\.mp4: NOT_MEDIA.*\n {2}skipped in\/notes\.txt: no media\nreports in /m,
    )
    expect(made.stdout).toMatch(
      /✔ .*\n +job +[0-9A-Z]{26}\n +output +out\/sub\/b\.mp3-192k\.mp3 .*\n +file:\/\/\/.*b\.mp3-192k\.mp3/,
    )
    // 6 s at the 64 kb/s that were asked for, and not at the preset's 192.
    expect(statSync(join(folder, 'out', 'clip.mp3-192k.mp3')).size).toBeLessThan(60_000)

    rmSync(join(folder, 'in', 'broken.mp4'))
    rmSync(join(folder, 'out', 'clip.mp3-192k.mp3'))
    const again = await run(['in', 'clip.mov', '-o', 'out', '-p', 'mp3-192k', '--json'])
    expect(again.code).toBe(0)
    const summary = JSON.parse(again.stdout.trimEnd().split('\n').at(-1)!)
    expect(summary).toMatchObject({ type: 'run.summary', done: 1, failed: 0, skipped: 4 })
    expect(summary.inputs[0]).toMatchObject({
      input: 'clip.mov',
      outcome: 'done',
      outputs: [{ path: join(folder, 'out', 'clip.mp3-192k.mp3'), url: null }],
    })
    const nothing = await run(['in', '-o', 'x.mp3', '-p', 'mp3-192k'])
    expect(nothing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('-o names a folder; "x.mp3" is the name'),
    })
    await nothingRuns()
  })

  long('many files at once: each is made, and nothing of the run is left', async () => {
    mkdirSync(join(folder, 'many'))
    for (let i = 0; i < 8; i++) await copyFile(join(folder, 'clip.mov'), join(folder, 'many', `${i}.mov`))
    const { code, stderr } = await run(['many', '-p', 'aac-128k'], { FFLEET_SLOTS: '4' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(readdirSync(join(folder, 'many')).filter((name) => name.endsWith('.m4a'))).toHaveLength(8)
    expect(records()).toHaveLength(8)
    expect(records().filter((name) => name.startsWith('.'))).toEqual([])
    await nothingRuns()
  })

  long('report and log find a run, by a part of its id or as the last', async () => {
    await run(['clip.mov', '-p', 'flac'])
    const [id] = records()
    const env = own({ FFLEET_URL: undefined, FFLEET_PORT: '9' })
    for (const word of ['last', id!.slice(-6).toLowerCase(), id!]) {
      const { code, stdout } = await cli(['report', word, '--json'], { cwd: folder, env })
      expect([word, code, (JSON.parse(stdout) as Report).jobId]).toEqual([word, 0, id])
    }
    expect((await cli(['log', 'last'], { cwd: folder, env })).stdout).toContain('flac')
    const { stdout } = await cli(['log', 'last', '--search', 'FLAC', '--tail', '1'], { cwd: folder, env })
    expect(stdout).toMatch(/^\[info\] .*flac.*\n$/)
  })

  long('FFLEET_URL is said, and --local ignores it', async () => {
    const url = 'http://127.0.0.1:4'
    const there = await run(['clip.mov'], { FFLEET_URL: url })
    expect(there.stderr).toContain(`Running on ${url} (FFLEET_URL); --local runs on this machine.`)
    expect(there).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`No ffleet server answers at ${url} (FFLEET_URL)`),
    })
    expect(await run(['clip.mov', '-p', 'flac', '--local'], { FFLEET_URL: url })).toMatchObject({ code: 0, stderr: '' })
  })

  long('from source, with a name that looks like a URL', async () => {
    await copyFile(join(folder, 'clip.mov'), join(folder, 'http:clip.mov'))
    const args = ['run', 'http:clip.mov', '-p', 'aac-128k', '--json']
    const { code, stdout } = await cli(args, { cwd: folder, env: own(), fromSource: true })
    expect({ code, files: files() }, stdout).toEqual({
      code: 0,
      files: ['clip.mov', 'http:clip.aac-128k.m4a', 'http:clip.mov'],
    })
  })

  test('what cannot work ends with 1 and says why', async () => {
    await copyFile(import.meta.filename, join(folder, 'text.mp4'))
    const broken = await run(['text.mp4'])
    expect(broken.stderr).toContain('✖ text.mp4 → h264-720p  NOT_MEDIA: The input is not media that can be read')
    expect(broken.stderr).toMatch(/report {2}\S*\/ffleet\/runs\/.*report\.json/)
    expect(broken.stderr.trimEnd().split('\n').at(-1)).toContain(
      'Check that the file is a video, audio or picture file',
    )
    const answers = await Promise.all([
      run(['no.mov']),
      run(['clip.mov', '-o', 'clip.mov', '-p', 'h264-360p']),
      run(['clip.mov', '-p', 'nope']),
      run(['clip.mov'], { FFLEET_FFMPEG: '/nowhere/ffmpeg' }),
    ])
    expect(answers.map(({ stderr }) => stderr.split('\n')[0])).toEqual([
      'ffleet: There is no input no.mov.',
      'ffleet: The output would overwrite the input; name another with -o.',
      expect.stringContaining('ffleet: There is no preset "nope". There are: h264-360p,'),
      'ffleet: A setting is not valid:',
    ])
    expect(answers[3]!.stderr).toContain('FFLEET_FFMPEG is "/nowhere/ffmpeg"; it takes a program that can be run')
    expect([broken, ...answers].map(({ code }) => code)).toEqual([1, 1, 1, 1, 2])
    expect(files()).toEqual(['clip.mov', 'text.mp4'])
    await nothingRuns()
  })
})

describe('interrupted', () => {
  test.each(some(['SIGINT', 'SIGTERM', 'SIGHUP'] as const, 3))(
    '%s cancels the job; nothing half-written stays',
    async (signal) => {
      const running = startCli(['run', 'clip.mov', '-p', 'h264-360p'], { cwd: folder, env: own(PACED) })
      await started(running)
      running.child.kill(signal)
      const { code, stdout, stderr } = await running.ended
      expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal])
      expect(stdout).toContain('cancelled')
      expect(stderr).toContain('■ clip.mov → h264-360p  cancelled')
      expect(files()).toEqual(['clip.mov'])
      expect(records()).toHaveLength(1)
      await nothingRuns()
    },
  )

  long('before anything has started', async () => {
    const running = startCli(['run', 'clip.mov'], { cwd: folder, env: own(PACED) })
    await expect
      .poll(() => processesOf(join(state(), 'ffleet')).length, { interval: 5, timeout: 20_000 })
      .toBeGreaterThan(0)
    running.child.kill('SIGINT')
    expect((await running.ended).code).toBe(130)
    expect(files()).toEqual(['clip.mov'])
    expect(records()).toEqual([])
    await nothingRuns()
  })

  test('Ctrl-C on a terminal, with the live bar: the cursor comes back', async () => {
    const running = startCli(['run', 'clip.mov', '-p', 'h264-360p'], { cwd: folder, env: own(PACED), terminal: true })
    await expect.poll(() => running.stdout, { timeout: 20_000 }).toMatch(/█.* \d\d?\.\d %/)
    expect(running.stdout).toContain('\x1b[?25l')
    running.child.stdin!.write('\x03')
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    expect(stdout).toMatch(/\x1b\[\?25h.*■/s)
    expect(files()).toEqual(['clip.mov'])
    await nothingRuns()
  })

  test('killed: nothing of it runs on, and the next run puts away what it left', async () => {
    const running = startCli(['run', 'clip.mov', '-p', 'h264-360p'], { cwd: folder, env: own(PACED) })
    await started(running)
    running.child.kill('SIGKILL')
    await running.ended
    await nothingRuns()
    expect(existsSync(join(folder, 'clip.h264-360p.mp4'))).toBe(false)
    expect(records().some((name) => name.startsWith('.stack-'))).toBe(true)
    expect((await run(['clip.mov', '-p', 'h264-360p'])).code).toBe(0)
    expect(records().some((name) => name.startsWith('.stack-'))).toBe(false)
    expect(files()).toEqual(['clip.h264-360p.mp4', 'clip.mov'])
  })

  long('its reader goes away: the job is cancelled', async () => {
    const running = startCli(['run', 'clip.mov', '-p', 'h264-360p', '--json'], { cwd: folder, env: own(PACED) })
    await started(running)
    running.child.stdout!.destroy()
    const { code, stderr } = await running.ended
    expect({ code, stderr: stderr.split('\n')[0] }).toEqual({ code: 130, stderr: '' })
    expect(files()).toEqual(['clip.mov'])
    await nothingRuns()
  })
})

describe('on the Redis of FFLEET_REDIS_URL', () => {
  long('keeps out of the way of the fleet there, and leaves nothing even when it was killed', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const queue = await createQueue({ redis: redis.url })
    onTestFinished(() => queue.close())
    const waiting = await queue.jobs.submit(aJob(), {})
    const before = await redis.cli('DBSIZE')
    // Without a redis-server to start.
    const programs = join(folder, 'bin')
    mkdirSync(programs)
    const ffmpeg = findExecutable('ffmpeg')!
    const env = own({ FFLEET_REDIS_URL: redis.url, PATH: programs, FFLEET_FFMPEG: ffmpeg })

    const { code, stderr } = await run(['clip.mov', '-p', 'h264-360p'], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await redis.cli('DBSIZE')).toBe(before)
    expect((await queue.jobs.get(waiting.id))?.state).toBe('queued')

    const killed = startCli(['run', 'clip.mov', '-p', 'mp3-192k'], {
      cwd: folder,
      env: { ...env, ...PACED, PATH: process.env.PATH },
    })
    await started(killed)
    killed.child.kill('SIGKILL')
    await killed.ended
    await nothingRuns()
    expect(await redis.cli('DBSIZE')).toBeGreaterThan(before as number)
    expect((await run(['clip.mov', '-p', 'flac'], env)).code).toBe(0)
    expect(await redis.cli('DBSIZE')).toBe(before)

    await redis.stop()
    const away = await run(['clip.mov', '-p', 'flac', '-f'], env)
    expect(away).toMatchObject({ code: 1, stdout: '' })
    expect(away.stderr).toMatch(
      /^ffleet: The Redis of FFLEET_REDIS_URL cannot be reached: connect ENOENT .*leave FFLEET_REDIS_URL out/,
    )
    await nothingRuns()
  })
})
