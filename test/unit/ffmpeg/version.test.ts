import { expect, it } from 'vitest'
import { isAtLeast, parseEncoders, parseVersion } from '../../../src/ffmpeg/version.js'

it.each([
  ['5.1.9-0+deb12u1', '5.1.9', 5, 1],
  ['7.1.5-0+deb13u1', '7.1.5', 7, 1],
  ['4.1.11-0+deb10u1', '4.1.11', 4, 1],
  ['4.2.7-0ubuntu0.1', '4.2.7', 4, 2],
  ['6.1.1-3ubuntu5', '6.1.1', 6, 1],
  ['n7.1', '7.1', 7, 1],
  ['n8.0-16-gd8605a6b55', '8.0', 8, 0],
  ['9.0.2', '9.0.2', 9, 0],
  ['10.12', '10.12', 10, 12],
  ['7.1-full_build-www.gyan.dev', '7.1', 7, 1],
  ['7.0.2-static', '7.0.2', 7, 0],
  ['7.0.2-Jellyfin', '7.0.2', 7, 0],
])('%s', (shown, version, major, minor) => {
  expect(parseVersion(`ffmpeg version ${shown} Copyright (c) 2000-2026 the FFmpeg developers\n`)).toEqual({
    version,
    major,
    minor,
    stated: true,
  })
})

it.each([
  ['N-118193-g5f38c82536-20250101', 61, 7],
  ['git-2024-05-01-abc1234', 61, 7],
  ['2024-05-01-git-96449cfeae-full_build-www.gyan.dev', 61, 7],
  ['git-2021-01-05-66deab3a26', 58, 4],
  ['master', 63, 9],
])('%s is placed by its libraries', (shown, libavcodec, major) => {
  const text = `ffmpeg version ${shown} Copyright\nlibavutil      59. 55.100 / 59. 55.100\nlibavcodec     ${libavcodec}. 31.100 / ${libavcodec}. 31.100\n`
  expect(parseVersion(text)).toEqual({ version: shown, major, minor: 0, stated: false })
})

it('is null for what is not ffmpeg', () => {
  expect(parseVersion('GNU bash, version 5.2.15(1)-release\n')).toBeNull()
  expect(parseVersion('')).toBeNull()
})

it('compares', () => {
  const version = (major: number, minor: number) => ({ version: '', major, minor, stated: true })
  expect(isAtLeast(version(4, 3), 4, 4)).toBe(false)
  expect(isAtLeast(version(4, 4), 4, 4)).toBe(true)
  expect(isAtLeast(version(5, 0), 4, 4)).toBe(true)
  expect(isAtLeast(version(5, 0), 5, 1)).toBe(false)
})

it('reads encoders, not their legend', () => {
  const text = `Encoders:
 V..... = Video
 .....D = Supports direct rendering method 1
 ------
 V....D a64multi             Multicolor charset for Commodore 64 (codec a64_multi)
 V..... libx264              libx264 H.264 / AVC (codec h264)
 VFS..D png                  PNG (Portable Network Graphics) image
 A....D aac                  AAC (Advanced Audio Coding)
 S..... srt                  SubRip subtitle (codec subrip)
`
  expect([...parseEncoders(text)]).toEqual(['a64multi', 'libx264', 'png', 'aac', 'srt'])
})
