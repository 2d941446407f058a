import type { Probe, ProbeStream } from '../contract/index.js'

/** A stream, and its number among the streams of its type as `-map 0:V:1` and `-map 0:a:0` count. */
export type Selected = { stream: ProbeStream; specifier: string }
export type Selection = { video: Selected | null; audio: Selected | null }

/**
 * The video and the audio that outputs are made from: of each the first one marked default, else the first. Cover art is
 * no video, and a stream of an unknown codec or one that ends before `startUs` is of no use. One of which nothing came so
 * far, as in a broadcast that announces a language it does not send, is only taken where there is no other.
 */
export function selectStreams(probe: Probe, startUs: number): Selection {
  const usable = ({ codec, durationUs }: ProbeStream) => codec !== null && (durationUs === null || durationUs > startUs)
  const select = (streams: ProbeStream[], letter: string): Selected | null => {
    const candidates = preferred(streams.filter(usable))
    const stream = candidates.find(({ isDefault }) => isDefault) ?? candidates[0]
    return stream ? { stream, specifier: `0:${letter}:${streams.indexOf(stream)}` } : null
  }
  const video = select(
    probe.streams.filter(({ type, attachedPicture }) => type === 'video' && !attachedPicture),
    'V',
  )
  const audio = select(
    probe.streams.filter(({ type }) => type === 'audio'),
    'a',
  )
  return { video: video !== null && video.stream.width !== null ? video : null, audio }
}

function preferred(streams: ProbeStream[]): ProbeStream[] {
  const seen = streams.filter(({ type, width, sampleRate }) => (type === 'video' ? width : sampleRate) !== null)
  return seen.length > 0 ? seen : streams
}
