/** The calling styles of the capture article, run against a real `ffleet up`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Job } from '../../src/contract/index.js'
import { some } from '../helpers/long.js'
import { startTcpProxy } from '../helpers/tcp-proxy.js'
import { isInstalled, run } from './program.js'
import { type Stack, upStack } from './stack.js'
import { example, hasPython, openWorkplace, type Workplace } from './workplace.js'

const hasCurlAndJq = (await isInstalled('curl')) && (await isInstalled('jq'))

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

const play = (name: string, ...args: string[]) => playAt(stack.url, name, ...args)
const playAt = (url: string, name: string, ...args: string[]) =>
  run([...example(name), ...args], { cwd: place.folder, env: { FFLEET_URL: url } })
const job = async (id: string) => (await (await fetch(`${stack.url}/v1/jobs/${id}`)).json()) as Job
const lines = (text: string) => text.trimEnd().split('\n')
const styles = (synchronous: string, asynchronous: string) => [...(hasPython ? [synchronous] : []), asynchronous]

describe.each(some(styles('wait-sync.py', 'wait-async.ts'), 2))('%s', (name) => {
  it('returns when the job has completed', async () => {
    const ended = await play(name, 'in.mp4')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const [id, ...rest] = lines(ended.stdout)[0]!.split(' ')
    const { state, outputs } = await job(id!)
    expect(state).toBe('completed')
    expect(rest).toContain(outputs[0]!.path)
  })

  it('says why a job was refused or failed', async () => {
    const refused = await play(name, 'missing.mp4')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('INPUT_NOT_FOUND')
    const failed = await play(name, 'not-media.mp4')
    expect(failed.code).toBe(1)
    expect(failed.stdout + failed.stderr).toContain('NOT_MEDIA')
  })
})

describe.each(some(styles('start-sync.py', 'start-async.ts'), 2))('%s', (name) => {
  it('gives ids at once, and the same ones when it is run again', async () => {
    const first = await play(name, `batch-of-${name}`, 'in.mp4', 'long.mp4')
    expect(first).toMatchObject({ code: 0, stderr: '' })
    const ids = lines(first.stdout)
    expect(new Set(ids).size).toBe(2)
    expect((await play(name, `batch-of-${name}`, 'in.mp4', 'long.mp4')).stdout).toBe(first.stdout)
    const { input, tags } = await job(ids[1]!)
    expect({ input: input.uri, tags }).toEqual({ input: 'long.mp4', tags: { batch: `batch-of-${name}` } })
    const found = await fetch(`${stack.url}/v1/jobs?tag.batch=batch-of-${name}`)
    expect(((await found.json()) as { items: Job[] }).items.map(({ id }) => id).sort()).toEqual([...ids].sort())
  })
})

describe.each(some(styles('follow-sync.py', 'follow-async.ts').toReversed(), 2))('%s', (name) => {
  const [starter] = styles('start-sync.py', 'start-async.ts')
  /** Of progress a reader may get less when it comes late. */
  const milestones = (stdout: string) => lines(stdout).filter((line) => /(job|attempt|phase|output)\.\w+/.test(line))

  it('tells a job from its first event to its last', async () => {
    const id = (await play(starter!, `followed-by-${name}`, 'long.mp4')).stdout.trim()
    const ended = await play(name, id)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const told = lines(ended.stdout)
    expect(told[0]).toContain('job.queued')
    expect(told.at(-1)).toContain('job.completed')
    expect(told.some((line) => /encoding \d/.test(line))).toBe(true)
    expect(milestones((await play(name, id)).stdout)).toEqual(milestones(ended.stdout))
  })

  it('goes on where its connection broke', async () => {
    const id = (await play(starter!, `cut-for-${name}`, 'in.mp4')).stdout.trim()
    const whole = await play(name, id)
    const proxy = await startTcpProxy({ port: Number(new URL(stack.url).port) })
    try {
      proxy.cutAfter(1_500)
      const ended = await playAt(proxy.url, name, id)
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(milestones(ended.stdout)).toEqual(milestones(whole.stdout))
      expect(proxy.accepted).toBeGreaterThan(1)
    } finally {
      await proxy.close()
    }
  })

  it('fails with a job that fails, and with one that is not there', async () => {
    const id = (await play(starter!, `failing-for-${name}`, 'not-media.mp4')).stdout.trim()
    const failed = await play(name, id)
    expect(failed.code).toBe(1)
    expect(lines(failed.stdout).at(-1)).toContain('job.failed')
    expect((await play(name, '01HZZZZZZZZZZZZZZZZZZZZZZZ')).code).toBe(1)
  })
})

describe.runIf(hasCurlAndJq)('shell.sh', () => {
  it('starts, follows and waits', async () => {
    const ended = await play('shell.sh', 'in.mp4')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(lines(ended.stdout)[0]).toBe('job.queued')
    expect(lines(ended.stdout).at(-1)).toBe('job.completed')
    const refused = await play('shell.sh', 'missing.mp4')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('INPUT_NOT_FOUND')
  })
})
