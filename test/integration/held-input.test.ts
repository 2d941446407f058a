/**
 * Between the look at an input and the moment ffmpeg opens it, somebody puts another file, or a link out of the root, at its
 * path: ffmpeg reads the file that was looked at, or none.
 */
import { execFileSync } from 'node:child_process'
import { chmod, copyFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeClip } from '../../fixtures/media/recipes.js'
import {
  type Capabilities,
  dieWithParent,
  type Enclosure,
  findCapabilities,
  findSandbox,
  runFfmpeg,
  saysInputChanged,
} from '../../src/ffmpeg/index.js'
import { createProber } from '../../src/probe/index.js'
import { findExecutable } from '../../src/programs.js'
import { openInput } from '../../src/storage/inputs.js'
import { OutsideRootError, openInside } from '../../src/storage/open-inside.js'
import { aFolder } from '../helpers/folder.js'
import { ALL } from '../helpers/long.js'
import { type StackOptions, startStack } from '../helpers/stack.js'

let capabilities: Capabilities
let sandbox: Enclosure | null
beforeAll(async () => {
  capabilities = await findCapabilities({ ffmpeg: process.env.FFLEET_FFMPEG, ffprobe: process.env.FFLEET_FFPROBE })
  const { ffmpeg, ffprobe } = capabilities
  const limits = { maxMemoryBytes: 8 * 1024 ** 3, maxCpuMs: 3_600_000, maxOutputBytes: 1024 ** 3 }
  sandbox = (await findSandbox({ programs: [ffmpeg, ffprobe!], limits, variables: [], hidden: [] })).sandbox
})
const canSandbox = findExecutable('bwrap') !== null

/** A film of two seconds in the media root, one of six outside; the former is open, and a link leads to it as in an attempt. */
async function anOpenInput(enclosure: Enclosure) {
  const folder = await aFolder()
  const [root, work] = [join(folder, 'media'), join(folder, 'work')]
  await Promise.all([mkdir(root), mkdir(work)])
  // ffprobe is asked about it, too.
  await copyFile(await makeClip('mpeg4-mp3-avi'), join(root, 'in.avi'))
  await copyFile(await makeClip('h264-aac-6s'), join(folder, 'secret.mp4'))
  const input = await openInput(root, 'in.avi')
  onTestFinished(() => input.close())
  const link = join(work, 'source.avi')
  await symlink(enclosure.reach(input), link)
  const swap = async () => {
    await rm(join(root, 'in.avi'))
    await symlink(join(folder, 'secret.mp4'), join(root, 'in.avi'))
  }
  const prober = createProber({ capabilities: { ...capabilities, enclosure } })
  onTestFinished(() => prober.close())
  const encode = () =>
    runFfmpeg(['-i', 'source.avi', '-c', 'copy', 'out.mkv'], {
      ffmpeg: capabilities.ffmpeg,
      cwd: work,
      enclosure,
      statsPeriodMs: null,
      view: { held: [input], writes: [work] },
    }).result
  const lengthOfOutput = async () => (await prober.probe(join(work, 'out.mkv'))).durationUs! / 1e6
  return { root, swap, encode, lengthOfOutput, probe: () => prober.probe(link, { held: input }) }
}

describe('without a sandbox', () => {
  test('the file that was opened is read, whatever stands at its path', async () => {
    const { swap, probe, encode, lengthOfOutput } = await anOpenInput(dieWithParent())
    await swap()
    const { durationUs, by } = await probe()
    expect({ by, seconds: durationUs! / 1e6 }).toEqual({ by: 'ffprobe', seconds: expect.closeTo(2, 0) })
    expect(await encode()).toMatchObject({ ok: true })
    expect(await lengthOfOutput()).toBeCloseTo(2, 0)
  })

  test('also when it is not there any more', async () => {
    const { root, probe, encode } = await anOpenInput(dieWithParent())
    await rm(join(root, 'in.avi'))
    expect((await probe()).streams).toHaveLength(2)
    expect(await encode()).toMatchObject({ ok: true })
  })
})

describe.skipIf(!canSandbox)('in a sandbox', () => {
  test('the file is read as long as it stands at its path', async () => {
    const { probe, encode, lengthOfOutput } = await anOpenInput(sandbox!)
    expect((await probe()).streams).toHaveLength(2)
    expect(await encode()).toMatchObject({ ok: true })
    expect(await lengthOfOutput()).toBeCloseTo(2, 0)
  })

  test('another one is not', async () => {
    const { swap, probe, encode } = await anOpenInput(sandbox!)
    await swap()
    await expect(probe()).rejects.toMatchObject({ code: 'INPUT_CHANGED', retryable: true })
    const { ended, error } = await encode()
    expect(ended).toBe('spawn-failed')
    expect(saysInputChanged(error!)).toBe(true)
  })

  test('nor is there one when it is gone', async () => {
    const { root, encode } = await anOpenInput(sandbox!)
    await rm(join(root, 'in.avi'))
    const { error } = await encode()
    expect(saysInputChanged(error!)).toBe(true)
  })
})

test('a folder that becomes a link after its path was resolved leads to nothing', async () => {
  const folder = await aFolder()
  const root = join(folder, 'media')
  for (const below of ['media/sub', 'outside']) {
    await mkdir(join(folder, below), { recursive: true })
    await writeFile(join(folder, below, 'a.mp4'), below)
  }
  const path = join(root, 'sub/a.mp4')
  await (await openInside(root, path, () => {})).close()
  await rename(join(root, 'sub'), join(root, 'former'))
  await symlink(join(folder, 'outside'), join(root, 'sub'))
  await expect(openInside(root, path, () => {})).rejects.toThrow(OutsideRootError)
})

describe('a job whose input is swapped as ffmpeg starts', () => {
  const request = { input: 'in.mp4', outputs: [{ preset: 'h264-360p', path: 'out.mp4' }] }

  /** A program in the place of `name` that swaps the input when it is to encode, then becomes the real one. */
  async function aSwapper(folder: string, name: string): Promise<string> {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    const [input, secret] = [join(folder, 'media/in.mp4'), join(folder, 'secret.mp4')]
    const program = join(bin, name)
    const swap = `case "$*" in *libx264*-i*|*-i*libx264*) ln -sfn ${secret} ${input} ;; esac`
    await writeFile(program, `#!/bin/sh\n${swap}\nexec ${findExecutable(name)} "$@"\n`)
    await chmod(program, 0o755)
    return program
  }

  async function run(name: string, env: (program: string) => StackOptions['env']) {
    const folder = await aFolder()
    const mediaRoot = join(folder, 'media')
    await mkdir(mediaRoot)
    await copyFile(await makeClip('h264-aac'), join(mediaRoot, 'in.mp4'))
    await copyFile(await makeClip('h264-aac-6s'), join(folder, 'secret.mp4'))
    const stack = await startStack({ mediaRoot, env: { ...env(await aSwapper(folder, name)), FFLEET_BACKOFF_MS: '0' } })
    try {
      const job = await stack.client.wait((await stack.client.submit(request)).id)
      const { attempts } = await stack.client.report(job.id)
      const probe = () =>
        execFileSync(
          'ffprobe',
          ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', join(stack.outputRoot, 'out.mp4')],
          { encoding: 'utf8' },
        )
      return { job, seconds: job.state === 'completed' ? Number(probe()) : null, attempts }
    } finally {
      await stack.stop()
    }
  }

  test('is made of the file that was looked at', async () => {
    const { job, seconds } = await run('ffmpeg', (program) => ({ FFLEET_SANDBOX: 'none', FFLEET_FFMPEG: program }))
    expect(job).toMatchObject({ state: 'completed', attempt: 1 })
    expect(seconds).toBeCloseTo(2, 0)
  })

  test.skipIf(!canSandbox || !ALL)('is tried again in a sandbox, and then refused for the link', async () => {
    const { job, attempts } = await run('bwrap', (program) => ({
      FFLEET_SANDBOX: 'bwrap',
      PATH: `${join(program, '..')}:${process.env.PATH}`,
    }))
    expect(job.error).toMatchObject({ code: 'PATH_OUTSIDE_ROOT', attempt: 2 })
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed'])
    expect(job.outputs.every(({ bytes }) => bytes === null)).toBe(true)
  })
})
