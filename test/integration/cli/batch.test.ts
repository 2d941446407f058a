import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { type ClipName, copyClip } from '../../../fixtures/media/recipes.js'
import { Journal } from '../../../src/cli/batch/journal.js'
import { markOf } from '../../../src/cli/batch/originals.js'
import { waitingPlace } from '../../../src/cli/batch/settle.js'
import type { Probe } from '../../../src/index.js'
import { cli, processesOf, startCli } from '../../helpers/cli.js'
import { PACED } from '../../helpers/fleet-stack.js'
import { long } from '../../helpers/long.js'
import { startStack } from '../../helpers/stack.js'
import { startTcpProxy } from '../../helpers/tcp-proxy.js'

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ffleet-batch-')))
  mkdirSync(join(folder, 'films/old'), { recursive: true })
})
afterEach(() => {
  for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL')
  for (const each of [folder, state()]) rmSync(each, { recursive: true, force: true })
})

const state = () => `${folder}-state`
const films = () => readdirSync(join(folder, 'films'), { recursive: true }).map(String).toSorted()
const film = (clip: ClipName, name: string) => copyClip(clip, join(folder, 'films', name))
const own = (env = {}) => ({ XDG_STATE_HOME: state(), ...env })
const batch = (args: string[], env = {}) => cli(['batch', ...args], { cwd: folder, env: own(env) })
const SMALLER = ['-p', 'h264-360p', '--replace-if-smaller', '--crf', '40']
type Line = { type: string; [field: string]: unknown }
const lines = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
const summary = ({ stdout }: { stdout: string }) => lines(stdout).at(-1)!

test('replaces what becomes smaller, keeps times and permissions, and says why it leaves the others', async () => {
  await film('mpeg4-mp3-avi', 'old/a.avi')
  await film('two-audio', 'two.mkv')
  await film('h264-aac', 'ready.mp4')
  await film('mpeg4-mp3-avi', 'taken.avi')
  writeFileSync(join(folder, 'films/taken.mp4'), "somebody's")
  await film('mpeg4-mp3-avi', 'b.avi')
  linkSync(join(folder, 'films/b.avi'), join(folder, 'seed.avi'))
  const a = join(folder, 'films/old/a.avi')
  chmodSync(a, 0o640)
  utimesSync(a, 1_500_000_000, 1_500_000_000)

  const planned = await batch(['films/**/*', ...SMALLER, '--dry-run'])
  expect(planned).toMatchObject({ code: 0, stderr: '' })
  expect(planned.stdout).toMatch(/^files +1 file, .+ by h264-360p$/m)
  expect(existsSync(a)).toBe(true)

  const done = await batch(['films/**/*', ...SMALLER, '--yes', '--json'])
  expect(done).toMatchObject({ code: 0, stderr: '' })
  const plan = lines(done.stdout)[0] as Line & { skipped: { input: string; reason: string }[] }
  expect(Object.fromEntries(plan.skipped.map(({ input, reason }) => [input, reason]))).toEqual({
    'films/b.avi': expect.stringContaining('2 names'),
    'films/ready.mp4': expect.stringContaining('h264 of 320x180 in mp4 already'),
    'films/taken.avi': 'taken.mp4 is there already',
    'films/taken.mp4': expect.stringContaining('no media'),
    'films/two.mkv': expect.stringContaining('audio stream'),
  })
  expect(summary(done)).toMatchObject({ replaced: 1, kept: 0, failed: 0, skipped: 5, left: 0 })
  expect(films()).toEqual(['b.avi', 'old', 'old/a.mp4', 'ready.mp4', 'taken.avi', 'taken.mp4', 'two.mkv'])
  const facts = statSync(join(folder, 'films/old/a.mp4'))
  expect([facts.mode & 0o777, facts.mtimeMs]).toEqual([0o640, 1_500_000_000_000])
  expect(readFileSync(join(folder, 'films/taken.mp4'), 'utf8')).toBe("somebody's")

  // The same command has nothing left to do, and still tells what the batch came to.
  const again = await batch(['films/**/*', ...SMALLER, '--yes'])
  expect(again).toMatchObject({ code: 0, stderr: '' })
  expect(again.stdout).toMatch(/^1 replaced, 5 skipped; .+ became .+, -\d+ %$/m)
  expect(films()).toContain('old/a.mp4')
})

test('killed in the middle, it goes on by the same command, and nothing is left behind', async () => {
  for (const name of ['a', 'b', 'c']) await film('h264-aac-6s-mkv', `${name}.mkv`)
  const args = ['batch', 'films', ...SMALLER, '--yes', '--json']
  const running = startCli(args, { cwd: folder, env: own({ ...PACED, FFLEET_SLOTS: '1' }) })
  await expect.poll(() => films(), { timeout: 40_000 }).toContain('a.mp4')
  running.child.kill('SIGKILL')
  await running.ended
  expect(films()).toEqual(expect.arrayContaining(['a.mp4', 'c.mkv']))
  await expect.poll(() => processesOf(folder)).toEqual([])

  const done = await batch(args.slice(1))
  expect(done).toMatchObject({ code: 0, stderr: '' })
  expect(summary(done)).toMatchObject({ replaced: 3, failed: 0, left: 0 })
  expect(films()).toEqual(['a.mp4', 'b.mp4', 'c.mp4', 'old'])
  // No original is left, and it knows what became of them.
  expect(summary(await batch(args.slice(1)))).toMatchObject({ replaced: 3, failed: 0, left: 0 })
  for (const name of films().slice(0, 3)) {
    const { stdout } = await cli(['probe', join('films', name), '--json'], { cwd: folder })
    expect((JSON.parse(stdout) as Probe).durationUs! / 1e6).toBeCloseTo(6, 0)
  }
})

long('asks first, and Ctrl-C stops what runs: the originals are there', async () => {
  await film('h264-aac-6s-mkv', 'a.mkv')
  const options = { cwd: folder, env: own(PACED), terminal: true, columns: 120 }
  const refused = startCli(['batch', 'films', ...SMALLER], options)
  await expect.poll(() => refused.stdout, { timeout: 30_000 }).toContain('[y/N]')
  refused.child.stdin!.write('n\r')
  expect(await refused.ended).toMatchObject({ code: 0 })
  expect(refused.stdout).toContain('Nothing was started.')

  const running = startCli(['batch', 'films', ...SMALLER], options)
  await expect.poll(() => running.stdout, { timeout: 30_000 }).toContain('[y/N]')
  running.child.stdin!.write('y\r')
  await expect.poll(() => running.stdout, { timeout: 30_000 }).toContain('encoding')
  running.child.stdin!.write('\x03')
  expect(await running.ended).toMatchObject({ code: 130 })
  expect(running.stdout).toContain('The same command goes on from here')
  expect(films()).toEqual(['a.mkv', 'old'])
})

long('on a server: its jobs are tagged, the output replaces what this machine sees', async () => {
  const stack = await startStack({ workers: 1 })
  onTestFinished(() => stack.stop())
  mkdirSync(join(stack.mediaRoot, 'films'))
  for (const name of ['a', 'b']) await copyClip('mpeg4-mp3-avi', join(stack.mediaRoot, 'films', `${name}.avi`))
  const seen = { FFLEET_MEDIA_ROOT: stack.mediaRoot, FFLEET_OUTPUT_ROOT: join(folder, 'not-seen-here') }
  const args = ['films/*.avi', ...SMALLER, '--yes', '--json', '--server', stack.baseUrl, '--name', 'old-films']
  const done = await batch(args, seen)
  expect(done).toMatchObject({ code: 0, stderr: '' })
  expect(summary(done)).toMatchObject({ batch: 'old-films', replaced: 2, left: 0 })
  expect(readdirSync(join(stack.mediaRoot, 'films')).toSorted()).toEqual(['a.mp4', 'b.mp4'])
  const jobs = await stack.client.listPage({ tags: { batch: 'old-films' } })
  expect(jobs.items.map(({ state }) => state)).toEqual(['completed', 'completed'])
})

long('Ctrl-C also stops what is being fetched from a server; the next run brings it', async () => {
  const stack = await startStack({ workers: 1 })
  onTestFinished(() => stack.stop())
  const proxy = await startTcpProxy({ port: Number(new URL(stack.baseUrl).port) })
  onTestFinished(() => proxy.close())
  const there = join(stack.mediaRoot, 'films')
  mkdirSync(there)
  await copyClip('h264-aac-6s-mkv', join(there, 'a.mkv'))
  const seen = own({ FFLEET_MEDIA_ROOT: stack.mediaRoot, FFLEET_OUTPUT_ROOT: join(folder, 'not-seen-here') })
  const args = ['films', '-p', 'h264-360p', '--crf', '1', '--replace', '--yes', '--json', '--server', proxy.url]
  proxy.delay(300)
  const running = startCli(['batch', ...args], { cwd: folder, env: seen })
  await expect.poll(() => readdirSync(there), { timeout: 60_000 }).toContainEqual(expect.stringMatching(/\.part$/))
  proxy.hold()
  running.child.kill('SIGINT')
  expect(await running.ended).toMatchObject({ code: 130 })
  expect(readdirSync(there)).toEqual(['a.mkv'])
  proxy.delay(0)
  proxy.flow()
  const done = await batch(args, seen)
  expect(done).toMatchObject({ code: 0, stderr: '' })
  expect(summary(done)).toMatchObject({ replaced: 1, left: 0 })
  expect(readdirSync(there)).toEqual(['a.mp4'])
  expect((await stack.client.listPage({})).items).toHaveLength(1)
})

test('a dry run leaves what an earlier run had made where it is', async () => {
  await film('mpeg4-mp3-avi', 'a.avi')
  const original = join(folder, 'films/a.avi')
  const made = {
    path: waitingPlace(original, 'mp4'),
    bytes: 3,
    sha256: createHash('sha256').update('new').digest('hex'),
  }
  writeFileSync(made.path, 'new')
  const journal = await Journal.open(join(state(), 'ffleet/batches'), 'old')
  await journal.note({ path: original, original: (await markOf(original))!, jobId: null, made, end: null })
  await journal.close()
  const args = ['films', '-p', 'h264-360p', '--replace', '--name', 'old']
  const planned = await batch([...args, '--dry-run', '--json'])
  expect(planned).toMatchObject({ code: 0, stderr: '' })
  expect(summary(planned)).toMatchObject({ skipped: 1, replaced: 0 })
  expect(films()).toEqual([basename(made.path), 'a.avi', 'old'])
  expect(summary(await batch([...args, '--yes', '--json']))).toMatchObject({ replaced: 1, left: 0 })
  expect(films()).toEqual(['a.mp4', 'old'])
})

test('wrong words are named before anything is started', async () => {
  await film('mpeg4-mp3-avi', 'a.avi')
  const refusals: [string[], number, RegExp][] = [
    [['films/*.mov', '--yes'], 1, /No media matches films\/\*\.mov\./],
    [['nowhere/**', '--yes'], 1, /There is no input nowhere\./],
    [['films'], 2, /--yes goes on without being asked/],
    [['films', '-p', 'poster', '--replace', '--yes'], 2, /neither films nor sound, and replaces no original/],
    [['films', '-p', 'h265', '--yes'], 1, /There is no preset "h265"/],
    [['films', '--replace', '--replace-if-smaller', '--yes'], 2, /Give either/],
    [['films', '--replace', '-o', 'out', '--yes'], 2, /goes nowhere else/],
    [['films', '--name', '../up', '--yes'], 2, /--name takes/],
  ]
  for (const [args, code, message] of refusals) {
    const ended = await batch(args)
    expect({ args, code: ended.code }).toEqual({ args, code })
    expect(ended.stderr).toMatch(message)
  }
  expect(films()).toEqual(['a.avi', 'old'])
  expect(readdirSync(join(state(), 'ffleet/batches'))).toEqual([])
})

long('outputs in a folder among the inputs are no inputs of the next run', async () => {
  await film('mpeg4-mp3-avi', 'a.avi')
  const args = ['films', '-p', 'h264-360p', '-o', 'films/small', '--yes', '--json']
  expect(summary(await batch(args))).toMatchObject({ made: 1, skipped: 0 })
  await film('mpeg4-mp3-avi', 'b.avi')
  expect(summary(await batch(args))).toMatchObject({ made: 2, failed: 0 })
  expect(films()).toEqual(['a.avi', 'b.avi', 'old', 'small', 'small/a.h264-360p.mp4', 'small/b.h264-360p.mp4'])
})
