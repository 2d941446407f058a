/** `command.ffprobe()` by a worker of the fleet, in the shape of ffprobe's own answer. */
import type { FfprobeData } from 'fluent-ffmpeg'
import type { FfleetClient } from '../client/index.js'
import type { Probe, ProbeStream } from '../contract/index.js'

/** Rejects where nobody could read it. */
export async function probeOnFleet(client: FfleetClient, uri: string, file: string): Promise<FfprobeData> {
  const { plan, refusal, warnings } = await client.dryRun({ input: uri, outputs: [{ preset: 'copy-mp4' }] })
  if (plan === null) throw new Error(refusal?.detail ?? warnings[0]?.detail ?? 'The input was not probed.')
  return ffprobeData(plan.probe, file)
}

/** What is not known is left out. */
function ffprobeData({ container, durationUs, bytes, bitrate, streams, tags }: Probe, filename: string): FfprobeData {
  return {
    streams: streams.map(streamData),
    format: {
      filename,
      nb_streams: streams.length,
      format_name: container,
      size: bytes,
      ...known({ duration: seconds(durationUs), bit_rate: bitrate }),
      tags,
    },
    chapters: [],
  } as unknown as FfprobeData
}

function streamData(stream: ProbeStream) {
  const { index, type, codec, width, height, frameRate, frames, sampleRate, channels, channelLayout, pixelFormat } =
    stream
  const rate = frameRate === null ? null : `${Math.round(frameRate * 1_000)}/1000`
  return {
    index,
    codec_type: type,
    ...known({
      codec_name: codec,
      width,
      height,
      pix_fmt: pixelFormat,
      r_frame_rate: rate,
      avg_frame_rate: rate,
      nb_frames: frames,
      sample_rate: sampleRate,
      channels,
      channel_layout: channelLayout,
      start_time: seconds(stream.startUs),
      duration: seconds(stream.durationUs),
      bit_rate: stream.bitrate,
    }),
    disposition: { default: Number(stream.isDefault), attached_pic: Number(stream.attachedPicture) },
    tags: known({ language: stream.language }),
  }
}

const seconds = (us: number | null) => (us === null ? null : us / 1e6)

function known<T extends object>(facts: T): Partial<T> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null)) as Partial<T>
}
