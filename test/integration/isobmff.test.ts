/** Fragments as ffmpeg writes them: read, and written anew, against what ffprobe reads in both. */
import { execFileSync } from 'node:child_process'
import { type FileHandle, open, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type Fragment,
  fragmentHead,
  fragmentsFrom,
  MalformedError,
  readTrackHeader,
  type Sample,
  type TrackHeader,
} from '../../src/isobmff/index.js'
import { testCapabilities } from '../helpers/encode-into.js'
import { FFMPEG } from '../helpers/ffmpeg-runs.js'
import { aFolder } from '../helpers/folder.js'

const FFPROBE = process.env.FFLEET_FFPROBE ?? 'ffprobe'
const FRAGMENTS = [
  '-avoid_negative_ts',
  'disabled',
  '-movflags',
  '+frag_keyframe+empty_moov+default_base_moof+frag_discont+negative_cts_offsets',
]
const { encoders } = await testCapabilities()

const TRACKS = [
  {
    name: 'H.264',
    needs: 'libx264',
    args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '12'],
    codec: /^avc1\.[0-9A-F]{6}$/,
  },
  {
    name: 'HEVC',
    needs: 'libx265',
    args: ['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1', '-x265-params', 'keyint=12:log-level=error'],
    codec: /^hvc1\.1\.6\.L\d+\.90$/,
  },
  {
    name: 'AV1',
    needs: 'libsvtav1',
    args: ['-c:v', 'libsvtav1', '-preset', '12', '-g', '12'],
    codec: /^av01\.0\.0\dM\.08$/,
  },
  {
    name: 'VP9',
    needs: 'libvpx-vp9',
    args: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '12'],
    codec: /^vp09\.00\.\d\d\.08$/,
  },
  { name: 'AAC', needs: 'aac', args: ['-c:a', 'aac', '-frag_duration', '400000'], codec: /^mp4a\.40\.2$/ },
].filter(({ needs }) => encoders.has(needs))

test.each(TRACKS)(
  '$name: the times, places and kinds of all samples are those that ffprobe tells, also when written anew',
  async ({ args, codec }) => {
    const folder = await aFolder()
    const path = join(folder, 'track.mp4')
    const isSound = args[0] === '-c:a'
    const source = isSound ? 'sine=d=1.5:r=48000' : 'testsrc2=s=128x96:r=24000/1001:d=1.5,format=yuv420p'
    const options = isSound ? FRAGMENTS.map((each) => each.replace('+frag_keyframe', '')) : FRAGMENTS
    execFileSync(FFMPEG, ['-v', 'error', '-f', 'lavfi', '-i', source, ...args, ...options, path])
    const { header, samples } = await read(path)
    expect(header).toMatchObject({
      kind: isSound ? 'audio' : 'video',
      codec: expect.stringMatching(codec),
      size: isSound ? null : { width: 128, height: 96 },
    })
    const shift = isSound ? 0 : probed(path)[0]!.pts
    expect(packetsOf(samples)).toEqual(probed(path).map((packet) => ({ ...packet, pts: packet.pts - shift })))

    // In fragments of other lengths, and without what was in front of time 0.
    const kept = samples.filter(({ dts }) => dts >= 0)
    const anew = join(folder, 'anew.mp4')
    const media = await readFile(path)
    const parts = [kept.slice(0, 7), kept.slice(7)].flatMap((part, i) => [
      fragmentHead(header.trackId, i + 1, part),
      ...part.map(({ at, bytes }) => media.subarray(at, at + bytes)),
    ])
    await writeFile(anew, Buffer.concat([header.bytes, ...parts]))
    expect(probed(anew)).toEqual(probed(path).filter(({ dts }) => dts >= 0))
    if (!isSound) expect(hashes(anew)).toEqual(hashes(path))
  },
)

test('a file that grows is read as far as it is whole, and gone on with; what is no fragment is told', async () => {
  const folder = await aFolder()
  const path = join(folder, 'track.mp4')
  execFileSync(FFMPEG, [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=64x64:r=10:d=3',
    '-g',
    '10',
    ...FRAGMENTS,
    path,
  ])
  const whole = await read(path)
  const media = await readFile(path)
  const second = media.indexOf('moof', media.indexOf('moof') + 4) - 4
  await truncate(path, 20)
  const file = await open(path, 'r+')
  try {
    expect(await readTrackHeader(file)).toBeNull()
    await writeFile(path, media.subarray(0, second + 500))
    const { header, next } = (await readTrackHeader(file))!
    const first: Fragment[] = []
    for await (const fragment of fragmentsFrom(file, header, next)) first.push(fragment)
    expect(first).toEqual([{ next: second, samples: expect.objectContaining({ length: 10 }) }])
    await writeFile(path, media)
    const rest = await samplesFrom(file, header, second)
    expect([...first[0]!.samples, ...rest]).toEqual(whole.samples)
    // A sample that is said to lie behind the end of its fragment.
    const broken = Buffer.from(media)
    broken.writeUInt32BE(0x7fff_ffff, broken.indexOf('trun') + 4 + 16)
    await writeFile(path, broken)
    await expect(samplesFrom(file, header, next)).rejects.toThrow(MalformedError)
  } finally {
    await file.close()
  }
})

async function read(path: string): Promise<{ header: TrackHeader; samples: Sample[] }> {
  const file = await open(path)
  try {
    const { header, next } = (await readTrackHeader(file))!
    return { header, samples: await samplesFrom(file, header, next) }
  } finally {
    await file.close()
  }
}

async function samplesFrom(file: FileHandle, header: TrackHeader, next: number): Promise<Sample[]> {
  const samples: Sample[] = []
  for await (const fragment of fragmentsFrom(file, header, next)) samples.push(...fragment.samples)
  return samples
}

type Packet = { pts: number; dts: number; bytes: number; isKey: boolean }

const packetsOf = (samples: readonly Sample[]): Packet[] =>
  samples.map(({ dts, offset, bytes, isSync }) => ({ pts: dts + offset, dts, bytes, isKey: isSync }))

/** ffprobe counts from the first time of decoding where pictures are shown before they are decoded. */
function probed(path: string): Packet[] {
  const json = execFileSync(FFPROBE, ['-v', 'error', '-show_packets', '-of', 'json', path], { maxBuffer: 1 << 26 })
  const { packets } = JSON.parse(json.toString()) as {
    packets: { pts: number; dts: number; size: string; flags: string }[]
  }
  return packets.map(({ pts, dts, size, flags }) => ({ pts, dts, bytes: Number(size), isKey: flags.startsWith('K') }))
}

function hashes(path: string): string[] {
  const text = execFileSync(FFMPEG, ['-v', 'error', '-i', path, '-f', 'framemd5', '-']).toString()
  return text.split('\n').filter((line) => !line.startsWith('#'))
}
