import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeClip } from '../../../fixtures/media/recipes.js'
import { FfleetClient, type Job, type JobEvent, type Report } from '../../../src/index.js'
import { CLI_PATH, type CliResult, cli, processesOf, type RunningCli, startCli } from '../../helpers/cli.js'
import { long, some } from '../../helpers/long.js'
import { freePort } from '../../helpers/stack.js'

/** As long for a clip as it plays. */
const PACED = { FFLEET_FFMPEG: resolve(import.meta.dirname, '../../../fixtures/programs/paced.sh') }

let folder: string
let env: Record<string, string>
let client: FfleetClient

async function prepare(): Promise<void> {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ffleet-up-')))
  mkdirSync(join(folder, 'media'))
  await copyFile(await makeClip('h264-aac-6s'), join(folder, 'media', 'clip.mov'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  env = {
    FFLEET_PORT: String(port),
    FFLEET_URL: url,
    FFLEET_DATA_DIR: join(folder, 'data'),
    FFLEET_MEDIA_ROOT: join(folder, 'media'),
    FFLEET_SLOTS: '1',
    FFLEET_LOCK_DURATION_MS: '2000',
    FFLEET_STALLED_CHECK_MS: '500',
  }
  client = new FfleetClient({ baseUrl: url })
}

function cleanUp(): void {
  for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Resolves when the stack says that it is up: its workers are in the fleet then. */
async function up(args: string[] = [], more: Record<string, string> = {}): Promise<RunningCli> {
  const running = startCli(['up', ...args], { cwd: folder, env: { ...env, ...more } })
  let ended: CliResult | null = null
  running.ended.then((result) => {
    ended = result
  })
  const isUp = () => expect(ended !== null || running.stdout.includes('ffleet is up.')).toBe(true)
  await vi.waitFor(isUp, { timeout: 90_000 })
  expect(ended).toBeNull()
  return running
}

const ffleet = (...args: string[]) => cli(args, { cwd: folder, env })
const nothingRuns = () => vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 15_000 })
const job = (over = {}) =>
  client.submit({ input: 'clip.mov', outputs: [{ preset: 'h264-360p', path: 'out.mp4' }], ...over })
const isEncoding = (id: string) =>
  expect.poll(async () => (await client.get(id)).progress?.frame ?? 0, { timeout: 30_000 }).toBeGreaterThan(5)

long('what a worker ran that died begins again at once, however long its lock would last', async () => {
  await prepare()
  const server = await up([], { ...PACED, FFLEET_LOCK_DURATION_MS: '600000', FFLEET_STALLED_CHECK_MS: '600000' })
  try {
    const { id } = await job()
    await isEncoding(id)
    const [worker] = await client.workers()
    process.kill(worker!.pid, 'SIGKILL')
    expect(await client.wait(id)).toMatchObject({ state: 'completed', attempt: 2 })
    const events = []
    for await (const event of client.events(id)) events.push(event)
    expect(events.find(({ type }) => type === 'attempt.failed')).toMatchObject({ error: { code: 'WORKER_LOST' } })
  } finally {
    server.child.kill('SIGTERM')
    await server.ended
    await nothingRuns()
    cleanUp()
  }
})

describe('the commands that talk to a server', () => {
  let server: RunningCli
  beforeAll(async () => {
    await prepare()
    server = await up()
  })
  afterAll(async () => {
    server.child.kill('SIGTERM')
    const { code } = await server.ended
    await nothingRuns()
    cleanUp()
    expect(code).toBe(0)
  })

  test('up says where everything is', () => {
    expect(server.stdout).toContain(`page     ${env.FFLEET_URL}/\n`)
    expect(server.stdout).toContain(`API      ${env.FFLEET_URL}`)
    expect(server.stdout).toContain(`media    ${folder}/media`)
    expect(server.stdout).toContain(`outputs  ${folder}/data/outputs`)
    expect(server.stdout).toContain('workers  1, 1 slot each')
  })

  test('submit --watch shows plain lines and ends with the job', async () => {
    const args = ['submit', 'clip.mov', '-p', 'h264-360p', '-o', 'a/b.mp4', '--tag', 'k=v', '--start', '1', '--watch']
    const { code, stdout, stderr } = await ffleet(...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('clip.mov → h264-360p: output h264-360p is ready: a/b.mp4, ')
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('completed: a/b.mp4 (')
    expect(readdirSync(join(folder, 'data', 'outputs', 'a'))).toEqual(['b.mp4'])
    const [found] = (await client.listPage({ tags: { k: 'v' } })).items
    expect(found!.outputs[0]!.durationMs).toBeGreaterThan(4_500)
    expect(found!.outputs[0]!.durationMs).toBeLessThan(5_500)
  })

  test('submit gives the id, and everything that can be asked about it', async () => {
    const submitted = await ffleet('submit', 'clip.mov', '-p', 'mp3-192k', '-p', 'thumbnails')
    const id = submitted.stdout.trim()
    expect(submitted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9A-Z]{26}\n$/) })
    const watched = await ffleet('watch', id, '--json')
    const events = watched.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JobEvent)
    expect([watched.code, events[0]?.type, events.at(-1)?.type]).toEqual([0, 'job.queued', 'job.completed'])

    const [ls, lsJson, show, showJson, report, reportJson, log] = await Promise.all([
      ffleet('ls', '--state', 'completed'),
      ffleet('ls', '--json'),
      ffleet('show', id),
      ffleet('show', id, '--json'),
      ffleet('report', id),
      ffleet('report', id, '--json'),
      ffleet('log', id),
    ])
    expect(ls.stdout).toMatch(new RegExp(`^JOB .*\\n${id}  completed .* clip\\.mov → mp3-192k, thumbnails$`, 'm'))
    expect((JSON.parse(lsJson.stdout.split('\n')[0]!) as Job).id).toBe(id)
    expect(show.stdout).toMatch(/^state +completed$/m)
    expect((JSON.parse(showJson.stdout) as Job).state).toBe('completed')
    expect(report.stdout).toMatch(/^mp3-192k +0:06, .*, mp3/m)
    expect((JSON.parse(reportJson.stdout) as Report).attempts[0]!.outcome).toBe('completed')
    expect(log.stdout).toContain('libmp3lame')

    const [tail, found, worse] = await Promise.all([
      ffleet('log', id, '--tail', '2'),
      ffleet('log', id, '--search', 'LIBMP3LAME'),
      ffleet('log', id, '--level', 'panic'),
    ])
    expect(log.stdout.endsWith(tail.stdout)).toBe(true)
    expect(tail.stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(
      found.stdout
        .trimEnd()
        .split('\n')
        .every((line) => /^\[info\] .*libmp3lame/.test(line)),
    ).toBe(true)
    expect([worse.code, worse.stdout]).toEqual([0, ''])
  })

  test('several jobs at once; one that fails makes watch end with 1', async () => {
    await copyFile(import.meta.filename, join(folder, 'media', 'text.mp4'))
    const good = await job({ outputs: [{ preset: 'aac-128k' }] })
    const bad = await job({ input: 'text.mp4' })
    const { code, stdout } = await ffleet('watch', good.id, bad.id)
    expect(code).toBe(1)
    expect(stdout).toContain(`${good.id} clip.mov → aac-128k: completed`)
    expect(stdout).toContain(`${bad.id} text.mp4 → h264-360p: failed: NOT_MEDIA`)
    const retried = await ffleet('retry', bad.id)
    expect(retried).toMatchObject({ code: 0, stdout: expect.stringMatching(`${bad.id} (queued|active)\n`) })
    await client.wait(bad.id)
    const again = await ffleet('cancel', bad.id)
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('(JOB_ALREADY_FINISHED)') })
  })

  test('jobs are named by a part of their id, by `last`, and by ids on stdin', async () => {
    const { id } = await job({ outputs: [{ preset: 'flac' }] })
    await client.wait(id)
    for (const word of [id.toLowerCase(), id.slice(-8).toLowerCase(), 'last']) {
      const { code, stdout } = await ffleet('show', word, '--json')
      expect([word, code, (JSON.parse(stdout) as Job).id]).toEqual([word, 0, id])
    }
    const many = await ffleet('show', id.slice(0, 4))
    expect(many).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\d jobs have ids that begin or end with .*Give more of it/),
    })
    const none = await ffleet('show', 'zzzzzzzz')
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('begins or ends with ZZZZZZZZ') })
    const other = await job({ outputs: [{ preset: 'flac' }] })
    await client.wait(other.id)
    const removed = await cli(['rm', '-', 'last'], { cwd: folder, env, input: `${id}\n` })
    expect(removed).toMatchObject({ code: 0, stdout: `${id} removed\n${other.id} removed\n`, stderr: '' })
    expect(await ffleet('rm', id)).toMatchObject({ code: 1, stderr: expect.stringContaining('(NOT_FOUND)') })
  })

  test('pause, resume and queue; cancel says what became of a job', async () => {
    expect(await ffleet('pause')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^state +paused/) })
    const { id } = await job()
    const queue = await ffleet('queue')
    expect(queue.stdout).toMatch(/^state +paused; `ffleet resume` lets it go on\nqueued +1, the oldest for /)
    expect(queue.stdout).toMatch(/^workers +1, 1 slot$/m)
    expect(await ffleet('cancel', id.slice(-8))).toMatchObject({ code: 0, stdout: `${id} cancelled\n` })
    expect(await ffleet('resume', '--json')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"paused": false'),
    })
    const long = await job({ outputs: [{ preset: 'vp9-720p' }] })
    await expect.poll(async () => (await client.get(long.id)).state, { timeout: 30_000 }).toBe('active')
    expect(await ffleet('cancel', 'last')).toMatchObject({ code: 0, stdout: `${long.id} cancelled\n` })
  })

  test('several inputs: an id each, what is refused is told, one summary', async () => {
    await copyFile(join(folder, 'media', 'clip.mov'), join(folder, 'media', 'other.mov'))
    const sent = await ffleet('submit', 'clip.mov', 'no.mov', 'other.mov', '-p', 'flac', '-o', 'many')
    expect(sent).toMatchObject({ code: 1, stdout: expect.stringMatching(/^([0-9A-Z]{26}\n){2}$/) })
    expect(sent.stderr).toMatch(/^no\.mov: ffleet: .*\(INPUT_NOT_FOUND\)$/m)
    expect(sent.stderr).toMatch(/2 sent, 1 refused\n {2}refused no\.mov: /)
    const ids = sent.stdout.trimEnd().split('\n')
    const watched = await ffleet('watch', ...ids)
    expect(watched).toMatchObject({ code: 0, stderr: expect.stringContaining('2 done') })
    expect(watched.stdout).toContain(`${env.FFLEET_URL}/v1/jobs/${ids[0]}/outputs/flac`)
    expect(readdirSync(join(folder, 'data', 'outputs', 'many')).toSorted()).toEqual([
      'clip.flac.flac',
      'other.flac.flac',
    ])
    const run = await ffleet('run', 'clip.mov', 'other.mov', '-p', 'flac', '-o', 'here', '--json')
    expect(run.code).toBe(0)
    expect(readdirSync(join(folder, 'here')).toSorted()).toEqual(['clip.flac.flac', 'other.flac.flac'])
    expect(JSON.parse(run.stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({
      type: 'run.summary',
      done: 2,
      failed: 0,
    })
    const joined = await ffleet('run', 'clip.mov', 'other.mov', '--join', '-o', 'both.flac', '--json')
    expect(joined.code).toBe(0)
    const { streams } = JSON.parse((await ffleet('probe', join(folder, 'both.flac'))).stdout)
    expect(streams[0].durationUs).toBeGreaterThan(7_000_000)
    rmSync(join(folder, 'both.flac'))
    rmSync(join(folder, 'here'), { recursive: true })
    rmSync(join(folder, 'media', 'other.mov'))
  })

  test('a job that waits: its place as it is now, and why nothing starts', async () => {
    await client.pause()
    const [first, second] = [await job({ outputs: [{ preset: 'flac' }] }), await job({ outputs: [{ preset: 'flac' }] })]
    const running = startCli(['watch', second.id.slice(-6)], { cwd: folder, env, terminal: true, columns: 120 })
    await expect.poll(() => running.stdout, { timeout: 20_000 }).toContain('queued, position 2')
    await expect.poll(() => running.stdout, { timeout: 20_000 }).toContain('The queue is paused')
    await client.cancel(first.id)
    await expect.poll(() => running.stdout, { timeout: 20_000 }).toContain('queued, position 1')
    await client.resume()
    expect((await running.ended).code).toBe(0)
  })

  long('bars on a terminal, in place, with the cursor back at the end', async () => {
    const running = startCli(['submit', 'clip.mov', '-p', 'vp9-720p', '--watch'], { cwd: folder, env, terminal: true })
    const { code, stdout } = await running.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/\x1b\[\?25l.*[█▏▎▍▌▋▊▉].* %.*\x1b\[\?25h.*/s)
    expect(stdout).toMatch(/✔.*clip\.mov → vp9-720p/)
    const plain = stdout.replaceAll(/\x1b\[[?0-9;]*[A-Za-z]/g, '')
    expect(plain).toMatch(/job +[0-9A-Z]{26}\s+output +\S+\/vp9-720p\.webm\s+http:\S+\/outputs\/vp9-720p\s/)
    for (const line of plain.split(/[\r\n]+/).filter((each) => !each.includes('http:')))
      expect(line.length).toBeLessThan(80)
  })

  test('watch --all, until Ctrl-C', async () => {
    const running = startCli(['watch', '--all'], { cwd: folder, env })
    // It shows what begins after it looked; how soon that is, it does not say.
    await expect
      .poll(
        async () => {
          await client.wait((await job({ outputs: [{ preset: 'flac' }] })).id)
          return running.stdout
        },
        { timeout: 30_000, interval: 200 },
      )
      .toMatch(/clip\.mov → flac: completed/)
    running.child.kill('SIGINT')
    expect((await running.ended).code).toBe(130)
  })

  test('run uses the server, and fetches files and folders', async () => {
    const args = ['run', 'clip.mov', '-o', 'got.mp3', '-p', 'thumbnails', '-o', 'got-thumbs', '-p', 'poster']
    const { code, stdout } = await ffleet(...args.toSpliced(4, 0, '-p', 'mp3-192k'))
    expect(code).toBe(0)
    expect(stdout).toMatch(/output +got\.mp3 {2}0:06, /)
    expect(readdirSync(folder).toSorted()).toEqual(['data', 'got-thumbs', 'got.mp3', 'media'])
    expect(readdirSync(join(folder, 'got-thumbs'))).toContain('index.vtt')
    const [made] = (await client.listPage({ limit: 1 })).items
    const { sha256, path } = made!.outputs[0]!
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(readFileSync(join(folder, 'got.mp3'))).toEqual(readFileSync(join(folder, 'data', 'outputs', path)))
    const refused = await ffleet('run', 'no.mov')
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('(INPUT_NOT_FOUND)') })
  })

  test('presets and workers', async () => {
    const [presets, one, workers] = await Promise.all([
      ffleet('presets'),
      ffleet('presets', 'h264-720p'),
      ffleet('workers', '--json'),
    ])
    expect(presets.stdout).toMatch(/^h264-720p {2,}mp4 {2,}\S/m)
    expect(one.stdout).toMatch(/^video +h264, up to 1280 x 720, crf/m)
    expect(JSON.parse(workers.stdout)).toMatchObject({ state: 'running', slots: 1 })
  })
})

describe('the stack', () => {
  beforeEach(prepare)
  afterEach(cleanUp)

  test('drains on the first signal: what runs is finished, what waits stays', async () => {
    const server = await up([], PACED)
    const [running, waiting] = [await job(), await job({ outputs: [{ preset: 'flac' }] })]
    await isEncoding(running.id)
    const watching = client.wait(running.id)
    server.child.kill('SIGTERM')
    const { code } = await server.ended
    expect(code).toBe(0)
    expect((await watching).state).toBe('completed')
    await nothingRuns()
    const again = await up()
    expect((await client.get(running.id)).state).toBe('completed')
    expect((await client.wait(waiting.id)).state).toBe('completed')
    again.child.kill('SIGINT')
    expect((await again.ended).code).toBe(0)
  })

  long('stops at once on the second: jobs are handed back and lost is no attempt', async () => {
    const server = await up([], PACED)
    const { id } = await job()
    await isEncoding(id)
    server.child.kill('SIGINT')
    await expect.poll(async () => (await client.workers())[0]?.state).toBe('draining')
    server.child.kill('SIGINT')
    expect((await server.ended).code).toBe(130)
    await nothingRuns()
    const again = await up()
    expect((await client.wait(id)).state).toBe('completed')
    again.child.kill('SIGINT')
    await again.ended
  })

  long("a terminal's Ctrl-C reaches the stack alone, which drains", async () => {
    const server = startCli(['up'], { cwd: folder, env: { ...env, ...PACED }, terminal: true })
    await expect.poll(() => server.stdout, { timeout: 30_000 }).toContain('ffleet is up.')
    const { id } = await job()
    await isEncoding(id)
    const watching = client.wait(id)
    server.child.stdin!.write('\x03')
    expect((await server.ended).code).toBe(0)
    expect((await watching).state).toBe('completed')
    await nothingRuns()
  })

  long('killed, it leaves nothing running, and the next one goes on with the job', async () => {
    const server = await up(['--workers', '2'], PACED)
    const { id } = await job()
    await isEncoding(id)
    server.child.kill('SIGKILL')
    await server.ended
    await nothingRuns()
    const again = await up()
    expect((await client.wait(id)).state).toBe('completed')
    again.child.kill('SIGINT')
    await again.ended
  })

  test('a worker that dies is started again, and its job is done', async () => {
    const server = await up([], PACED)
    const { id } = await job()
    await isEncoding(id)
    const [worker] = await client.workers()
    process.kill(worker!.pid, 'SIGKILL')
    expect((await client.wait(id)).state).toBe('completed')
    expect(server.stderr).toContain('a worker died and is started again')
    server.child.kill('SIGINT')
    expect((await server.ended).code).toBe(0)
    await nothingRuns()
  })

  long('a worker that is asked to drain leaves and stays away; the stack goes on', async () => {
    const server = await up(['--workers', '2'])
    const [first, second] = await client.workers()
    const { code, stdout } = await ffleet('drain', first!.id)
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${first!.id} drains.\n` })
    await expect.poll(() => processesOf(folder)).not.toContain(first!.pid)
    expect((await client.workers()).map((worker) => worker.id)).toEqual([second!.id])
    expect((await client.wait((await job()).id)).state).toBe('completed')
    expect(server.stderr).toContain('a worker has left')
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
    await nothingRuns()
  })

  long('without a worker jobs wait, and the commands say so', async () => {
    const server = await up(['--workers', '0'])
    const sent = await ffleet('submit', 'clip.mov', '-p', 'flac')
    expect(sent).toMatchObject({ code: 0, stderr: expect.stringContaining('No worker is running') })
    const watching = startCli(['watch', 'last'], { cwd: folder, env })
    await expect.poll(() => watching.stderr, { timeout: 20_000 }).toContain('No worker is running')
    watching.child.kill('SIGINT')
    const { code, stderr } = await watching.ended
    expect(code).toBe(130)
    expect(stderr).toContain(`Job ${sent.stdout.trim()} goes on at ${env.FFLEET_URL}/v1/jobs/`)
    server.child.kill('SIGTERM')
    await server.ended
    await nothingRuns()
  })

  long("on a terminal the lines of workers are as its own, and a person's mistake has no stack", async () => {
    const server = startCli(['up'], {
      cwd: folder,
      env: { ...env, ...PACED, FFLEET_LOG_LEVEL: 'debug' },
      terminal: true,
    })
    await expect.poll(() => server.stdout, { timeout: 30_000 }).toContain('ffleet is up.')
    await client.wait((await job({ outputs: [{ preset: 'flac' }] })).id)
    server.child.stdin!.write('\x03')
    const { stdout } = await server.ended
    expect(stdout).not.toContain('{"level"')
    expect(stdout).toMatch(/\d\d:\d\d:\d\d.* .*worker/)
    await nothingRuns()
    mkdirSync(join(folder, 'presets'))
    writeFileSync(join(folder, 'presets', 'x.json'), '{')
    const mistakes = await Promise.all(
      [
        { FFLEET_PRESETS_DIR: join(folder, 'presets') },
        { FFLEET_MEDIA_ROOT: join(folder, 'none') },
        { FFLEET_SLOTS: 'many' },
      ].map((wrong, i) =>
        cli(['up'], {
          cwd: folder,
          env: { ...env, FFLEET_DATA_DIR: join(folder, `data-${i}`), ...wrong },
          terminal: true,
        }),
      ),
    )
    for (const { code, stdout } of mistakes) {
      expect(code).toBeGreaterThan(0)
      expect(stdout).not.toMatch(/^ +at /m)
    }
    await nothingRuns()
  })

  long('a second one on the same folder is refused and harms nothing', async () => {
    const server = await up()
    const second = await cli(['up'], { cwd: folder, env: { ...env, FFLEET_PORT: '0' } })
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(/ffleet: .*(in use|uses|used)/)
    const third = await cli(['up'], { cwd: folder, env: { ...env, FFLEET_DATA_DIR: join(folder, 'other') } })
    expect(third.code).toBe(1)
    expect(third.stderr).toMatch(/^ffleet: Another program listens on port \d+ .* set FFLEET_PORT to another port\.$/m)
    expect(await client.health()).toEqual({ live: true, ready: true })
    server.child.kill('SIGTERM')
    await server.ended
    await nothingRuns()
  })

  test('is interrupted while it starts', async () => {
    const server = startCli(['up'], { cwd: folder, env })
    await expect
      .poll(() => processesOf(join(folder, 'data', 'redis')).length, { timeout: 20_000, interval: 5 })
      .toBeGreaterThan(0)
    server.child.kill('SIGINT')
    expect((await server.ended).code).toBe(130)
    await nothingRuns()
  })

  long('a worker alone is interrupted while it starts', async () => {
    const server = await up(['--workers', '0'])
    const shared = { ...env, FFLEET_REDIS_URL: `unix://${join(folder, 'data', 'redis', 'redis.sock')}` }
    const worker = startCli(['worker'], { cwd: folder, env: shared })
    // Node itself leaves SIGHUP alone: once it is caught, the command listens.
    const caught = () =>
      Number(`0x${/SigCgt:\s*(\w+)/.exec(readFileSync(`/proc/${worker.child.pid}/status`, 'utf8'))![1]!.slice(-1)}`)
    await expect.poll(() => caught() & 1, { interval: 2, timeout: 20_000 }).toBe(1)
    worker.child.kill('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 143, signal: null })
    expect(await client.workers()).toEqual([])
    server.child.kill('SIGTERM')
    await server.ended
    await nothingRuns()
  })

  test.each(some(['worker', 'up'], 2))('%s that waits for a Redis ends at the second signal', async (command) => {
    const waiting = startCli([command], {
      cwd: folder,
      env: { ...env, FFLEET_REDIS_URL: `redis://127.0.0.1:${await freePort()}` },
    })
    await expect.poll(() => waiting.stdout + waiting.stderr, { timeout: 20_000 }).toContain('ECONNREFUSED')
    waiting.child.kill('SIGTERM')
    waiting.child.kill('SIGTERM')
    await expect.poll(() => waiting.child.exitCode ?? waiting.child.kill('SIGTERM'), { interval: 200 }).toBe(143)
    await nothingRuns()
  })

  long('a worker whose parent is gone before it listens ends all the same', async () => {
    const child = fork(CLI_PATH, ['worker'], {
      cwd: folder,
      env: { ...process.env, ...env, FFLEET_REDIS_URL: `redis://127.0.0.1:${await freePort()}` },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    child.disconnect()
    await nothingRuns()
  })

  long('api and worker alone, on one Redis', async () => {
    const [api, worker] = await Promise.all([ffleet('api'), ffleet('worker')])
    expect(api).toMatchObject({ code: 1, stderr: expect.stringContaining('The API alone needs FFLEET_REDIS_URL') })
    expect(worker).toMatchObject({ code: 1, stderr: expect.stringContaining('A worker alone needs FFLEET_REDIS_URL') })
    const wrong = await cli(['up'], { cwd: folder, env: { ...env, FFLEET_PORT: 'x', FFLEET_SLOTS: '0' } })
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('2 settings are not valid') })
    const server = await up(['--workers', '0'])
    const shared = { ...env, FFLEET_REDIS_URL: `unix://${join(folder, 'data', 'redis', 'redis.sock')}` }
    const alone = startCli(['worker'], { cwd: folder, env: shared })
    const other = startCli(['api'], { cwd: folder, env: { ...shared, FFLEET_PORT: String(await freePort()) } })
    await expect.poll(async () => (await client.workers()).length, { timeout: 20_000 }).toBe(1)
    await expect.poll(() => other.stdout, { timeout: 20_000 }).toContain('API  http')
    const { id } = await job()
    const elsewhere = new FfleetClient({ baseUrl: /http\S+/.exec(other.stdout)![0] })
    expect((await elsewhere.wait(id)).state).toBe('completed')
    const [{ id: workerId } = { id: '' }] = await client.workers()
    await client.drain(workerId)
    expect(await alone.ended).toMatchObject({ code: 0, signal: null })
    for (const part of [other, server]) {
      part.child.kill('SIGTERM')
      expect((await part.ended).code).toBe(0)
    }
    await nothingRuns()
  })
})
