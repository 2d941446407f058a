import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { makeClip } from '../../../fixtures/media/recipes.js'
import type { FileAttack, FileAttacks } from './attack.js'
import { box, FTYP, fullBox, movie, u32, u64 } from './isobmff.js'
import { aSecond, element, HEAD, ID, matroska, soundTrack, tracks } from './matroska.js'
import { tiff } from './pictures.js'
import { chunk, list, riffWave } from './riff.js'

/** One inside of the other. */
function nested(depth: number, inner: Buffer, wrap: (body: Buffer) => Buffer): Buffer {
  let body = inner
  for (let i = 0; i < depth; i++) body = wrap(body)
  return body
}

const seekTo = (position: number) =>
  element(
    ID.seekHead,
    element(
      ID.seek,
      Buffer.concat([element(ID.seekId, Buffer.from('114d9b74', 'hex')), element(ID.seekPosition, position)]),
    ),
  )

/** Real clips that end after so many bytes, and what is said of them. */
const CUTS: FileAttack[] = (
  [
    ['h264-aac', { 1: 'NOT_MEDIA', 7: 'NOT_MEDIA', 12: 'INPUT_TRUNCATED', 1000: 'INPUT_TRUNCATED' }],
    ['h264-aac-mkv', { 7: 'NOT_MEDIA', 100: 'INPUT_TRUNCATED', 1000: 'NO_AUDIO_STREAM' }],
    ['mpeg4-mp3-avi', { 12: 'NOT_MEDIA', 1000: 'NOT_MEDIA' }],
    ['h264-aac-ts', { 100: 'NOT_MEDIA', 1000: 'NO_AUDIO_STREAM' }],
    ['theora-vorbis-ogv', { 12: 'NOT_MEDIA', 1000: 'NOT_MEDIA' }],
    ['flac', { 4: 'NOT_MEDIA', 100: 'NOT_MEDIA' }],
  ] as const
).flatMap(([clip, ends]) =>
  Object.entries(ends).map(([bytes, code]) => ({
    name: `${clip} that ends after ${bytes} bytes`,
    file: `${clip}-${bytes}.mp4`,
    bytes: async () => (await readFile(await makeClip(clip))).subarray(0, Number(bytes)),
    ends: code,
  })),
)

/** Files that are not what their sizes, places and nesting say. */
export const BROKEN_FILES: FileAttacks = {
  kind: 'Sizes that lie, loops, nesting, and files that end at once',
  attacks: [
    ...CUTS,
    { name: 'nothing', file: 'empty.mp4', bytes: () => '', ends: 'NOT_MEDIA' },
    { name: 'a megabyte of zeros', file: 'zeros.mp4', bytes: () => Buffer.alloc(2 ** 20), ends: 'NOT_MEDIA' },
    {
      name: 'boxes in boxes, 4,000 deep',
      file: 'deep.mp4',
      bytes: () => Buffer.concat([FTYP, nested(4_000, Buffer.alloc(0), (body) => box('moov', body))]),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'twenty thousand boxes of nothing',
      file: 'flat.mp4',
      bytes: () => Buffer.concat([FTYP, ...Array(20_000).fill(box('free')), movie().subarray(FTYP.length)]),
      ends: 'completed',
    },
    {
      name: 'a box of 2^64-1 bytes',
      file: 'huge-box.mp4',
      bytes: () => Buffer.concat([FTYP, u32(1), Buffer.from('moov'), u64(2n ** 64n - 1n), Buffer.alloc(100)]),
      ends: 'INPUT_TRUNCATED',
    },
    {
      name: 'a box of 2^63 bytes before a real film',
      file: 'huge-free.mp4',
      bytes: () => Buffer.concat([FTYP, u32(1), Buffer.from('free'), u64(2n ** 63n), movie().subarray(FTYP.length)]),
      ends: 'INPUT_TRUNCATED',
    },
    {
      name: 'a box without a size, again and again',
      file: 'zero-box.mp4',
      bytes: () => Buffer.concat([FTYP, ...Array(1_000).fill(Buffer.concat([u32(0), Buffer.from('moov')]))]),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a box smaller than its own head',
      file: 'small-box.mp4',
      bytes: () => Buffer.concat([FTYP, u32(4), Buffer.from('moov'), movie().subarray(FTYP.length)]),
      ends: 'INPUT_TRUNCATED',
    },
    {
      name: 'a compressed movie header that unpacks to 256 MB',
      file: 'cmov.mov',
      bytes: () => {
        const packed = gzipSync(Buffer.alloc(2 ** 28), { level: 1 })
        return Buffer.concat([
          FTYP,
          box('moov', box('cmov', box('dcom', Buffer.from('zlib')), box('cmvd', u32(2 ** 28), packed))),
        ])
      },
      ends: 'NOT_MEDIA',
    },
    {
      name: 'elements in elements, 4,000 deep',
      file: 'deep.mkv',
      bytes: () =>
        matroska(
          element(
            ID.tags,
            element(
              ID.tag,
              nested(4_000, Buffer.alloc(0), (body) => element(ID.simpleTag, body)),
            ),
          ),
          tracks(soundTrack()),
          ...aSecond(),
        ),
      ends: 'completed',
    },
    {
      name: 'a segment of 2^56-2 bytes',
      file: 'huge-segment.mkv',
      bytes: () =>
        Buffer.concat([HEAD, element(ID.segment, Buffer.concat([tracks(soundTrack()), ...aSecond()]), 2 ** 53 - 1)]),
      ends: 'completed',
    },
    {
      name: 'an index that points to itself, as .mkv',
      file: 'loop.mkv',
      bytes: () => matroska(seekTo(31), tracks(soundTrack()), ...aSecond()),
      ends: 'completed',
    },
    {
      name: 'an index that points to itself and nothing else, as .webm',
      file: 'loop-only.webm',
      bytes: () => Buffer.concat([HEAD, element(ID.segment, seekTo(0))]),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'lists in lists, 2,000 deep, as .avi',
      file: 'deep.avi',
      bytes: () =>
        chunk(
          'RIFF',
          Buffer.concat([Buffer.from('AVI '), nested(2_000, Buffer.alloc(0), (body) => list('hdrl', body))]),
        ),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a chunk that reaches beyond the file, as .wav',
      file: 'beyond.wav',
      bytes: () => riffWave(Buffer.alloc(800), { more: chunk('LIST', Buffer.from('INFO'), 0x7fff_fff0) }),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a TIFF whose directory goes on at itself',
      file: 'loop.tiff',
      bytes: () => tiff(64, 64, 8),
      preset: 'poster',
      ends: 'completed',
    },
    {
      name: '10,000 ID3 tags in a row, as .mp3',
      file: 'tags.mp3',
      bytes: () =>
        Buffer.concat(
          Array(10_000).fill(Buffer.concat([Buffer.from('ID3\x03\0\0\0\0\0\x0a', 'latin1'), Buffer.alloc(10)])),
        ),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'an ID3 tag of 256 MB that is not there, as .mp3',
      file: 'tag.mp3',
      bytes: () => Buffer.concat([Buffer.from('ID3\x03\0\0\x7f\x7f\x7f\x7f', 'latin1'), Buffer.alloc(1_000)]),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'Ogg pages of nothing, as .ogg',
      file: 'empty-pages.ogg',
      bytes: () => Buffer.concat(Array(20_000).fill(Buffer.concat([Buffer.from('OggS'), Buffer.alloc(23)]))),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a ZIP of zeros, as .mp4',
      file: 'zip.mp4',
      bytes: () => Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), gzipSync(Buffer.alloc(2 ** 24))]),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a gzip of zeros, as .ogg',
      file: 'gzip.ogg',
      bytes: () => gzipSync(Buffer.alloc(2 ** 24)),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a program, as .mp4',
      file: 'program.mp4',
      bytes: async () => (await readFile(process.execPath)).subarray(0, 4_096),
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a shell script, as .mp4',
      file: 'script.mp4',
      bytes: ({ secret }) => `#!/bin/sh\ncat ${secret.textFile}\n`,
      ends: 'NOT_MEDIA',
    },
    {
      name: 'a GIF that is a playlist as well',
      file: 'both.gif',
      bytes: ({ host }) => `GIF89a\n#EXTM3U\n#EXTINF:9,\nhttp://${host}/a.ts\n`,
      preset: 'poster',
      ends: 'DIMENSIONS_TOO_LARGE',
    },
    {
      name: 'a film behind a playlist',
      file: 'behind.mp4',
      bytes: ({ host }) => Buffer.concat([Buffer.from(`#EXTM3U\n#EXTINF:9,\nhttp://${host}/a.ts\n`), movie()]),
      ends: 'UNSUPPORTED_CONTAINER',
    },
    {
      name: 'a playlist behind a film',
      file: 'before.mp4',
      bytes: ({ host }) => Buffer.concat([movie(), Buffer.from(`#EXTM3U\n#EXTINF:9,\nhttp://${host}/a.ts\n`)]),
      ends: 'completed',
    },
    {
      name: 'a protected track that names a licence server',
      file: 'pssh.mp4',
      bytes: ({ host }) =>
        movie({
          more: fullBox('pssh', 0, Buffer.alloc(16, 1), u32(64), Buffer.from(`http://${host}/licence`.padEnd(64))),
        }),
      ends: 'completed',
    },
  ],
}
