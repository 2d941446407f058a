/** The command as people run it, on a fleet of real processes. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { copyClip } from '../../../fixtures/media/recipes.js'
import { addKey } from '../../../src/callers/index.js'
import type { WatchedFile } from '../../../src/contract/index.js'
import { anAuthority } from '../../helpers/certificates.js'
import { cli, type RunningCli, startCli } from '../../helpers/cli.js'
import { long } from '../../helpers/long.js'
import { type Stack, startStack } from '../../helpers/stack.js'
import { waitFor } from '../../helpers/wait-for.js'

let stack: Stack
const running: RunningCli[] = []
afterEach(async () => {
  for (const each of running.splice(0)) each.child.kill('SIGKILL')
  await stack.stop()
})

async function prepare(rules: object[], { workers }: { workers: number }): Promise<Record<string, string>> {
  stack = await startStack({ workers })
  await mkdir(join(stack.mediaRoot, 'in'))
  const file = join(stack.folder, 'rules.json')
  await writeFile(file, JSON.stringify({ rules }))
  return {
    FFLEET_REDIS_URL: stack.redis.url,
    FFLEET_URL: stack.baseUrl,
    FFLEET_DATA_DIR: stack.dataDir,
    FFLEET_MEDIA_ROOT: stack.mediaRoot,
    FFLEET_OUTPUT_ROOT: stack.outputRoot,
    FFLEET_WATCH_RULES: file,
  }
}

function start(env: Record<string, string>): RunningCli {
  const started = startCli(['watch-folders'], { env })
  running.push(started)
  return started
}

const counts = async () => (await stack.client.watchFolders())[0]?.counts ?? {}

describe('ffleet watch-folders', () => {
  long(
    'makes a job of each of 2,000 files, whoever kills it in between',
    async () => {
      const rule = { name: 'films', folder: 'in', preset: 'h264-360p', settleMs: 1_000 }
      const env = await prepare([rule], { workers: 0 })
      await stack.client.pause()
      const names = Array.from({ length: 2_000 }, (_, i) => `${i}.mov`)
      await Promise.all(names.map((name) => writeFile(join(stack.mediaRoot, 'in', name), name)))
      for (const some of [300, 1_000]) {
        const doomed = start(env)
        await waitFor(async () => expect((await stack.client.queue()).counts.queued).toBeGreaterThan(some), {
          timeout: 60_000,
        })
        doomed.child.kill('SIGKILL')
        await doomed.ended
      }
      expect((await stack.client.queue()).counts.queued).toBeLessThan(2_000)
      start(env)
      await waitFor(async () => expect(await counts()).toEqual({ submitted: 2_000 }), { timeout: 90_000 })
      expect((await stack.client.queue()).counts.queued).toBe(2_000)
      const seen = new Set<string>()
      for await (const { input } of stack.client.list({ limit: 200 })) seen.add(input.uri)
      expect(seen.size).toBe(2_000)
    },
    240_000,
  )

  it('transcodes, skips what is as wanted, deletes afterwards, and tells all of it', async () => {
    const rule = {
      name: 'films',
      folder: 'in',
      preset: 'h264-360p',
      settleMs: 1_000,
      afterwards: 'delete',
      skipIf: { videoCodec: ['h264'], maxHeight: 360, container: ['mp4'] },
    }
    const env = await prepare([rule], { workers: 1 })
    await copyClip('h264-aac', join(stack.mediaRoot, 'in/fine.mp4'))
    await copyClip('mpeg4-mp3-avi', join(stack.mediaRoot, 'in/old.avi'))
    await copyClip('text', join(stack.mediaRoot, 'in/text.mov'))
    await writeFile(join(stack.mediaRoot, 'in/notes.txt'), 'notes')
    const checked = await cli(['watch-folders', 'check', '--json'], { env })
    expect(checked.code, checked.stderr).toBe(0)
    const outlooks = checked.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(Object.fromEntries(outlooks.map(({ path, would }) => [path, would]))).toEqual({
      'in/fine.mp4': 'skipped',
      'in/old.avi': 'job',
      'in/text.mov': 'job',
      'in/notes.txt': 'ignored',
    })
    expect((await stack.client.queue()).counts).toMatchObject({ queued: 0, completed: 0 })

    const watching = start(env)
    await waitFor(async () => expect(await counts()).toEqual({ done: 1, skipped: 1, failed: 1, ignored: 1 }), {
      timeout: 60_000,
    })
    expect((await readdir(join(stack.mediaRoot, 'in'))).sort()).toEqual(['fine.mp4', 'notes.txt', 'text.mov'])
    expect(await readdir(join(stack.outputRoot, 'in'))).toEqual(['old.mp4'])
    const listed = await cli(['watch-folders', 'ls', '--why', '--json'], { env })
    const files = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as WatchedFile)
    expect(Object.fromEntries(files.map(({ path, code, reason }) => [path, code ?? reason]))).toEqual({
      'in/fine.mp4': 'It is as wanted already: h264, in mp4, 180 high.',
      'in/old.avi': 'It was deleted.',
      'in/text.mov': 'NOT_MEDIA',
      'in/notes.txt': 'Its name is none of video or audio; `include` could take it.',
    })
    const text = await cli(['watch-folders', 'ls'], { env })
    expect(text.stdout).toMatch(/rule +films\nfolder +in\n.*\nfiles +1 done, 1 skipped, 1 failed, 1 ignored/)

    watching.child.kill('SIGTERM')
    expect((await watching.ended).code, watching.stderr).toBe(0)
  }, 120_000)

  long(
    'is part of `ffleet up`, also of one that speaks TLS and asks for keys',
    async () => {
      const { FFLEET_REDIS_URL: _, ...settings } = await prepare(
        [{ name: 'films', folder: 'in', preset: 'h264-360p', settleMs: 1_000 }],
        { workers: 0 },
      )
      const { cert, key } = await (await anAuthority(stack.folder)).issue({ names: 'DNS:transcode.example' })
      const keyFile = join(stack.folder, 'keys.json')
      const submit = await addKey(keyFile, { name: 'watcher', role: 'submit', tenant: null })
      const tls = { FFLEET_TLS_CERT: cert, FFLEET_TLS_KEY: key, FFLEET_KEYS_FILE: keyFile, FFLEET_PORT: '0' }
      const env = { ...settings, ...tls, FFLEET_DATA_DIR: join(stack.folder, 'own'), FFLEET_SLOTS: '1' }
      const refused = await cli(['up'], { env })
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('FFLEET_API_KEY')])
      const up = startCli(['up'], { env: { ...env, FFLEET_API_KEY: submit.key } })
      running.push(up)
      await copyClip('mpeg4-mp3-avi', join(stack.mediaRoot, 'in/old.avi'))
      await waitFor(async () => expect(await readdir(join(stack.outputRoot, 'in'))).toEqual(['old.mp4']), {
        timeout: 60_000,
      })
      expect(up.stdout).toMatch(/watch folders +films/)
      up.child.kill('SIGTERM')
      expect((await up.ended).code, up.stderr).toBe(0)
    },
    120_000,
  )

  long('names every fault of its rules before it starts, and what it lacks', async () => {
    const env = await prepare(
      [
        { name: 'a', folder: 'in', preset: 'h264-361p' },
        { name: 'a', folder: 'none', preset: 'x' },
      ],
      { workers: 0 },
    )
    const refused = await cli(['watch-folders'], { env })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('/rules/1/name: is that of rules[0]')
    const { FFLEET_WATCH_RULES: file, ...without } = env
    await writeFile(file!, JSON.stringify({ rules: [{ name: 'a', folder: 'in', preset: 'h264-361p' }] }))
    expect((await cli(['watch-folders'], { env })).stderr).toContain('has no such preset; near it are h264-360p')
    await writeFile(file!, '{')
    const doctor = await cli(['doctor'], { env })
    expect(doctor.stdout).toMatch(/watch folders +The rules in .* can't be used: the file: is not JSON/)
    const none = await cli(['watch-folders', 'check'], { env: without })
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('FFLEET_WATCH_RULES')])
  })
})
