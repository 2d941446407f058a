import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApi, type TestApi } from '../helpers/api-server.js'
import { some } from '../helpers/long.js'
import { publishing } from '../helpers/publish-output.js'
import { type ScriptedWorker, startScriptedWorker } from '../helpers/scripted-worker.js'

const ROOT = join(import.meta.dirname, '../..')
const PACKAGE = join(ROOT, 'packages/client')
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')
const run = promisify(execFile)

/** A project of somebody who has installed the packed package, offline and with nothing else. */
let project: string
let installed: string
/** The packed packages, by name. */
const packed: Record<string, string> = {}
let api: TestApi
let worker: ScriptedWorker

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'ffleet-client-'))
  // ffleet itself was built before the tests; building it anew would take it from under those that run.
  for (const [name, folder, ...options] of [
    ['ffleet', ROOT, '--ignore-scripts'],
    ['ffleet-client', PACKAGE],
  ] as const) {
    const args = ['pack', '--json', '--pack-destination', project, ...options]
    const { stdout } = await run('npm', args, { cwd: folder })
    packed[name] = (JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }])[0].filename
  }
  await writeFile(join(project, 'package.json'), '{ "private": true }')
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${packed['ffleet-client']}`], {
    cwd: project,
  })
  installed = join(project, 'node_modules/ffleet-client')
  api = await startApi()
  worker = await startScriptedWorker(api.redisUrl)
})
afterAll(async () => {
  await worker?.close()
  await api?.close()
  await rm(project, { recursive: true, force: true })
})

/** Runs a program in the project. */
async function runs(name: string, code: string, { args = [] as string[], input = '' } = {}) {
  await writeFile(join(project, name), code)
  const child = spawn(process.execPath, [name, ...args], {
    cwd: project,
    env: { ...process.env, FFLEET_URL: api.url },
  })
  child.stdin.end(input)
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { out, error }
}

test('brings nothing along, and has version and licence of ffleet', () => {
  expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['ffleet-client'])
  const own = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const ffleet = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(own).not.toHaveProperty('dependencies')
  expect([own.version, own.engines, own.license]).toEqual([ffleet.version, ffleet.engines, ffleet.license])
  expect(readFileSync(join(installed, 'LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'))
  expect(readFileSync(join(installed, 'dist/eventsource-parser.LICENSE'), 'utf8')).toContain('MIT')
})

const [watching, parsing] = [...README.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!)

test('the README submits and watches', async () => {
  worker.work(publishing({ storage: api.storage, staging: api.folder }, 'whole'))
  const { out, error } = await runs('watch.mjs', watching!)
  expect(error).toBe('')
  expect(out).toMatch(/completed \S+\/h264-360p\n$/)
})

test('the README parses a report', async () => {
  const report = [1, 2, 3].map((s) => `out_time_us=${s}000000\nprogress=continue\n`).join('')
  const { out, error } = await runs('percent.mjs', parsing!, { args: ['4'], input: report })
  expect(error).toBe('')
  expect(out.match(/^\d+/gm)).toEqual(['25', '50', '75'])
})

test('CommonJS requires it', async () => {
  const { out, error } = await runs(
    'common.cjs',
    `const { FfleetClient } = require('ffleet-client')
     const { parseReport } = require('ffleet-client/progress')
     new FfleetClient({ baseUrl: process.env.FFLEET_URL }).queue().then(({ paused }) => console.log(typeof parseReport, paused))`,
  )
  expect([out, error]).toEqual(['function false\n', ''])
})

test('its types need no other package, and are those of ffleet', async () => {
  const names =
    'AttemptReport DryRun FleetEvent Job JobError JobEvent JobPage JobRequest ListFilter LogPage LogQuery MediaPage OutputRequest Preset Problem ProgressSnapshot QueueHistory QueueInfo Report WorkerInfo'
  const equal = names.split(' ').map((name) => `export const same${name}: Equal<Packed.${name}, Ours.${name}> = true`)
  const alone = `import { FfleetClient, type Job, type JobRequest } from 'ffleet-client'
    import { ProgressEstimator } from 'ffleet-client/progress'
    const request: JobRequest = { input: 'in.mp4', outputs: [{ preset: 'mine', video: { crf: 20 } }] }
    export const job: Promise<Job> = new FfleetClient().submit(request)
    // @ts-expect-error no such state
    export const not: Job['state'] = 'done'
    // @ts-expect-error presets are named
    export const refused: JobRequest = { input: 'in.mp4', outputs: [{}] }
    export const estimator = new ProgressEstimator([])`
  const beside = `import type * as Packed from 'ffleet-client'
    import type * as Ours from ${JSON.stringify(join(ROOT, 'dist/src/index.js'))}
    type Equal<A, B> = (<T>() => T extends Json<A> ? 1 : 2) extends <T>() => T extends Json<B> ? 1 : 2 ? true : false
    type Json<T> = T extends object ? { [K in keyof T]: Json<T[K]> } : T
    ${equal.join('\n')}`
  const compile = async (name: string, code: string, isAlone: boolean) => {
    await writeFile(join(project, name), code)
    const options = '--noEmit --strict --exactOptionalPropertyTypes --target es2022 --module nodenext'.split(' ')
    const typeRoots = join(ROOT, 'node_modules/@types')
    const args = [...options, ...(isAlone ? [] : ['--skipLibCheck', '--types', 'node', '--typeRoots', typeRoots]), name]
    const { stdout } = await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args], {
      cwd: project,
    }).catch((error: { stdout: string }) => error)
    return stdout
  }
  expect(await compile('alone.mts', alone, true)).toBe('')
  expect(await compile('beside.mts', beside, false)).toBe('')
})

test.each(some(['ffleet', 'ffleet-client'], 2))(
  'publint and attw find nothing in %s, as far as ESM only goes',
  async (name) => {
    const tarball = join(project, packed[name]!)
    const said = (program: string, args: string[]) =>
      run(join(ROOT, 'node_modules/.bin', program), args).then(
        () => 'nothing',
        ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
      )
    expect(await said('publint', ['run', tarball, '--strict'])).toBe('nothing')
    expect(await said('attw', [tarball, '--profile', 'esm-only'])).toBe('nothing')
  },
)

test('is as small as its README says', async () => {
  for (const [entry, file] of [
    ['ffleet-client', 'index.js'],
    ['ffleet-client/progress', 'progress.js'],
  ] as const) {
    const { outputFiles } = await build({
      entryPoints: [join(installed, 'dist', file)],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
    })
    const code = outputFiles[0]!.contents
    const said = new RegExp(`\\| \`${entry}\` .*\\| (\\d+) kB +\\| (\\d+) kB +\\|`).exec(README)!
    expect([entry, ...said.slice(1).map(Number)]).toEqual([
      entry,
      Math.ceil(code.length / 1000),
      Math.ceil(gzipSync(code).length / 1000),
    ])
  }
})
