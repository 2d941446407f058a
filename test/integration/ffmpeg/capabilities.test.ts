import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findCapabilities } from '../../../src/ffmpeg/index.js'
import { findExecutable } from '../../../src/programs.js'
import { aFolder } from '../../helpers/folder.js'

/** A program that says what another ffmpeg would say. */
async function anFfmpeg(script: string): Promise<string> {
  const path = join(await aFolder(), 'ffmpeg')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

async function anFfmpegOf(version: string, libavcodec: number, help = ''): Promise<string> {
  return anFfmpeg(`case "$*" in
    *-version*) printf 'ffmpeg version ${version} Copyright (c)\\nlibavcodec     ${libavcodec}. 3.100 / ${libavcodec}. 3.100\\n' ;;
    *-encoders*) printf ' V..... = Video\\n ------\\n V....D libx264              H.264\\n A....D aac                  AAC\\n' ;;
    *long*) printf '%b' '${help}' ;;
  esac`)
}

it('tells of the ffmpeg that is installed', async () => {
  const found = await findCapabilities()
  const said = execFileSync('ffmpeg', ['-version'], { encoding: 'utf8' })
  expect(said).toContain(`version ${found.version}`)
  expect(isAbsolute(found.ffmpeg) && isAbsolute(found.ffprobe ?? '')).toBe(true)
  expect(found.encoders.has('libx264') && found.encoders.has('aac')).toBe(true)
  expect(found.encoders.has('=') || found.encoders.has('h264')).toBe(false)
  expect(found.encoders.size).toBe(
    execFileSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8' }).split('------\n')[1]!.trim().split('\n')
      .length,
  )
  expect(found.major).toBeGreaterThanOrEqual(4)
})

describe('options', () => {
  it.each([
    ['4.1.11-0+deb10u1', 58, false, false],
    ['4.3.9-0+deb11u1', 58, false, false],
    ['4.4.2-0ubuntu0.22.04.1', 58, true, false],
    ['5.0.1', 59, true, false],
    ['5.1.9-0+deb12u1', 59, true, true],
    ['n8.0', 62, true, true],
    ['9.0.2', 63, true, true],
  ])('of %s', async (version, libavcodec, statsPeriod, fpsMode) => {
    expect(await findCapabilities({ ffmpeg: await anFfmpegOf(version, libavcodec) })).toMatchObject({
      statsPeriod,
      fpsMode,
    })
  })

  it.each([
    ['-stats_period time  set the period\\n-vsync  sync\\n', true, false],
    ['-stats_period <time>  set the period\\n-fps_mode[:<stream_spec>] <mode>  set framerate mode\\n', true, true],
    ['-vsync   set video sync method\\n   see also -fps_mode -stats_period\\n', false, false],
  ])('of a build between releases are asked for: %s', async (help, statsPeriod, fpsMode) => {
    const ffmpeg = await anFfmpegOf('N-118193-g5f38c82536', 61, help)
    expect(await findCapabilities({ ffmpeg })).toMatchObject({
      version: 'N-118193-g5f38c82536',
      major: 7,
      statsPeriod,
      fpsMode,
    })
  })
})

describe('what is no usable ffmpeg is refused with a way out', () => {
  const hint = expect.stringContaining('FFLEET_FFMPEG')

  it('not there', async () => {
    await expect(findCapabilities({ ffmpeg: 'no-such-ffmpeg' })).rejects.toMatchObject({
      name: 'FfleetError',
      message: 'There is no program no-such-ffmpeg that can be run.',
      hint,
    })
    await expect(findCapabilities({ ffmpeg: '/etc' })).rejects.toMatchObject({ hint })
  })
  it('something else', async () => {
    await expect(findCapabilities({ ffmpeg: 'true' })).rejects.toMatchObject({
      message: expect.stringContaining('is not ffmpeg'),
      hint,
    })
  })
  it('one that does not run', async () => {
    const ffmpeg = await anFfmpeg('echo "error while loading shared libraries: libavdevice.so.59" >&2; exit 127')
    await expect(findCapabilities({ ffmpeg })).rejects.toMatchObject({
      message: expect.stringContaining('libavdevice.so.59'),
      hint,
    })
  })
})

it('has no ffprobe where there is none', async () => {
  expect((await findCapabilities({ ffprobe: 'no-such-ffprobe' })).ffprobe).toBeNull()
})

it('ends with its signal', async () => {
  const ffmpeg = await anFfmpeg('sleep 600')
  await expect(findCapabilities({ ffmpeg, signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
    name: 'TimeoutError',
  })
})

it('findExecutable looks through PATH', async () => {
  const path = await anFfmpeg('true')
  const folder = path.slice(0, path.lastIndexOf('/'))
  expect(findExecutable('ffmpeg', `/no/such:${folder}`)).toBe(path)
  expect(findExecutable('ffmpeg', '/no/such')).toBeNull()
  expect(findExecutable(path, '')).toBe(path)
})
