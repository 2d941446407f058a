import { readFile } from 'node:fs/promises'
import { makeClip } from '../../../fixtures/media/recipes.js'
import type { FileAttacks } from './attack.js'
import { box, fullBox, movie, u16, u32 } from './isobmff.js'
import { aSecond, cluster, element, ID, matroska, soundTrack, tracks } from './matroska.js'
import { bmp, gif, png, resizeJpeg, tiff, webp } from './pictures.js'
import { avi, riffWave } from './riff.js'

const HOUR_MS = 3_600_000
const MAX = 0xffff_ffff
const jpeg = async () => readFile(await makeClip('jpeg'))

/** A fragment whose samples take no bytes of the table (ISO/IEC 14496-12 §8.8.8): so many of them cost nothing. */
function fragments(samples: number): Buffer {
  const trex = fullBox('trex', 0, u32(1, 1, 1, 1, 0))
  const start = movie({ samples: Buffer.alloc(0), count: 0, more: box('mvex', trex) })
  const traf = box('traf', fullBox('tfhd', 0x20000, u32(1)), fullBox('trun', 0, u32(samples)))
  return Buffer.concat([start, box('moof', fullBox('mfhd', 0, u32(1)), traf), box('mdat', Buffer.alloc(8_000))])
}

/** Little that claims, or becomes, a lot. */
export const BOMBS: FileAttacks = {
  kind: 'Little files that claim, or become, a lot',
  attacks: [
    ...(
      [
        ['a PNG of 16,384 x 16,384, really packed in it', 'bomb.png', () => png(16_384, 16_384)],
        ['a PNG of 2^31-1 x 2^31-1', 'claim.png', () => png(2 ** 31 - 1, 2 ** 31 - 1, Buffer.alloc(64))],
        ['a PNG of 16,384 x 16,384, as .mp4', 'bomb-png.mp4', () => png(16_384, 16_384)],
        ['a JPEG of 65,535 x 65,535', 'bomb.jpg', async () => resizeJpeg(await jpeg(), 65_535, 65_535)],
        ['a WebP of 16,383 x 16,383', 'bomb.webp', () => webp(16_383, 16_383)],
        ['a BMP of 30,000 x 30,000', 'bomb.bmp', () => bmp(30_000, 30_000)],
        ['a TIFF of 60,000 x 60,000', 'bomb.tiff', () => tiff(60_000, 60_000)],
      ] as const
    ).map(([name, file, bytes]) => ({
      name,
      file,
      bytes,
      preset: 'poster',
      ends: 'DIMENSIONS_TOO_LARGE' as const,
    })),
    {
      name: 'a GIF of 65,535 x 65,535',
      file: 'bomb.gif',
      bytes: () => gif(65_535, 65_535),
      preset: 'poster',
      ends: 'DIMENSIONS_TOO_LARGE',
    },
    {
      name: 'an AVI of 16 x 16 whose pictures are of 16,384 x 16,384',
      file: 'bomb-inside.avi',
      bytes: async () => {
        const picture = resizeJpeg(await jpeg(), 16_384, 16_384)
        return avi({ width: 16, height: 16, fourcc: 'MJPG' }, Array(10).fill(picture))
      },
      preset: 'h264-360p',
      ends: 'DIMENSIONS_TOO_LARGE',
    },
    {
      name: 'an AVI whose pictures grow from 320 x 180 to 16,384 x 16,384',
      file: 'bomb-later.avi',
      bytes: async () => {
        const small = await jpeg()
        const large = resizeJpeg(small, 16_384, 16_384)
        return avi({ width: 320, height: 180, fourcc: 'MJPG' }, [...Array(30).fill(small), ...Array(30).fill(large)])
      },
      preset: 'h264-360p',
      ends: 'OUTPUT_INVALID',
    },
    {
      name: 'an AVI of 4,000,000,000 frames a second',
      file: 'frame-rate.avi',
      bytes: async () =>
        avi({ width: 320, height: 180, fourcc: 'MJPG', rate: 4_000_000_000 }, Array(50).fill(await jpeg())),
      preset: 'h264-360p',
      ends: 'FRAME_RATE_TOO_HIGH',
    },
    {
      name: 'an AVI of one frame a week',
      file: 'slow.avi',
      bytes: async () =>
        avi({ width: 320, height: 180, fourcc: 'MJPG', rate: 1, scale: 604_800 }, Array(3).fill(await jpeg())),
      preset: 'h264-360p',
      ends: 'ENCODER_FAILED',
    },
    {
      name: 'a gap of 20 hours in less than 3 KB',
      file: 'gap.mkv',
      bytes: () => matroska(tracks(soundTrack()), cluster(0), cluster(20 * HOUR_MS)),
      preset: 'mp3-192k',
      ends: 'DURATION_TOO_LONG',
    },
    {
      name: 'a gap of 300 years',
      file: 'gap-years.mkv',
      bytes: () => matroska(tracks(soundTrack()), cluster(0), cluster(300 * 365 * 24 * HOUR_MS)),
      ends: 'completed',
    },
    {
      name: 'an MP4 of 4,294,967,295 samples of no bytes',
      file: 'samples.mp4',
      bytes: () => movie({ count: MAX, stsz: fullBox('stsz', 0, u32(1, MAX)) }),
      ends: 'DURATION_TOO_LONG',
    },
    {
      name: 'an MP4 whose time table claims 4,294,967,295 entries',
      file: 'times.mp4',
      bytes: () => movie({ stts: fullBox('stts', 0, u32(MAX, 1, 1)) }),
      ends: 'OUT_OF_MEMORY',
    },
    {
      name: 'an MP4 whose sizes claim 4,294,967,295 entries',
      file: 'sizes.mp4',
      bytes: () => movie({ stsz: fullBox('stsz', 0, u32(0, MAX)) }),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a fragment of 4,294,967,295 samples',
      file: 'fragment.mp4',
      bytes: () => fragments(MAX),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an MP4 whose edit list plays one second 20,000 times',
      file: 'edits.mp4',
      bytes: () => {
        const entries = Buffer.concat(Array(20_000).fill(Buffer.concat([u32(8_000, 0), u16(1, 0)])))
        return movie({ edits: box('edts', fullBox('elst', 0, u32(20_000), entries)) })
      },
      ends: 'DURATION_TOO_LONG',
    },
    {
      name: 'an MP4 whose clock ticks 4,294,967,295 times a second',
      file: 'clock.mp4',
      bytes: () => movie({ timescale: MAX }),
      ends: 'DURATION_TOO_LONG',
    },
    {
      name: 'an MP4 whose clock does not tick',
      file: 'no-clock.mp4',
      bytes: () => movie({ timescale: 0 }),
      ends: 'DURATION_TOO_LONG',
    },
    {
      name: 'metadata of 4,294,967,295 keys',
      file: 'keys.mp4',
      bytes: () => movie({ more: box('meta', fullBox('keys', 0, u32(MAX))) }),
      ends: 'completed',
    },
    {
      name: 'a Matroska of 1,100 tracks',
      file: 'tracks.mkv',
      bytes: () => matroska(tracks(...Array.from({ length: 1_100 }, (_, i) => soundTrack(i + 1))), ...aSecond()),
      ends: 'TOO_MANY_STREAMS',
    },
    {
      name: 'a Matroska of 2,000 tags',
      file: 'tags.mkv',
      bytes: () => {
        const tag = (i: number) =>
          element(ID.simpleTag, Buffer.concat([element(ID.tagName, `T${i}`), element(ID.tagString, 'x'.repeat(40))]))
        const all = Buffer.concat([element(ID.targets, ''), ...Array.from({ length: 2_000 }, (_, i) => tag(i))])
        return matroska(element(ID.tags, element(ID.tag, all)), tracks(soundTrack()), ...aSecond())
      },
      ends: 'completed',
    },
    {
      name: 'a Matroska of 3,000 chapters',
      file: 'chapters.mkv',
      bytes: () => {
        const chapter = (i: number) =>
          element(
            0xb6,
            Buffer.concat([
              element(ID.uid, i + 1),
              element(0x91, i * 1_000),
              element(0x80, Buffer.concat([element(0x85, `Chapter ${i}`), element(0x437c, 'eng')])),
            ]),
          )
        const all = Buffer.concat(Array.from({ length: 3_000 }, (_, i) => chapter(i)))
        return matroska(element(0x1043a770, element(0x45b9, all)), tracks(soundTrack()), ...aSecond())
      },
      ends: 'completed',
    },
    {
      name: 'a WAV that promises 4 GB and has 100 ms',
      file: 'promise.wav',
      bytes: () => riffWave(Buffer.alloc(800, 0x80), { claim: MAX }),
      ends: 'completed',
    },
  ],
}
