import type { Probe, ProbeStream } from '../../contract/index.js'
import { bitrate, bytes, duration, mediaTime, number, UNKNOWN } from '../words/figures.js'
import { words } from '../words/texts.js'

/** Streams shown before somebody asks for all. */
const FIRST = 8

/** What a file holds, as people read it. */
export function ProbeFacts({ probe }: { probe: Probe }) {
  const w = words.value
  const { streams } = probe
  return (
    <div class="probe">
      <p class="quiet">
        {[
          probe.container.split(',')[0],
          bytes(probe.bytes),
          probe.durationUs === null ? w.lengthUnknown : mediaTime(probe.durationUs),
          bitrate(probe.bitrate),
          probe.chapters ? w.chapters(probe.chapters) : null,
        ]
          .filter((each) => each !== null && each !== UNKNOWN)
          .join(' · ')}
      </p>
      {probe.promisedUs !== null && probe.promisedUs !== probe.durationUs ? (
        <p class="quiet">{w.promised(mediaTime(probe.promisedUs))}</p>
      ) : null}
      <StreamList streams={streams.slice(0, FIRST)} />
      {streams.length > FIRST ? (
        <details>
          <summary>{w.moreStreams(streams.length - FIRST)}</summary>
          <StreamList streams={streams.slice(FIRST)} />
        </details>
      ) : null}
    </div>
  )
}

function StreamList({ streams }: { streams: ProbeStream[] }) {
  const w = words.value
  return (
    <ul class="streams">
      {streams.map((stream) => (
        <li key={stream.index}>
          <span class="kind">{stream.attachedPicture ? w.coverArt : w.streamTypes[stream.type]}</span>
          <span>{factsOf(stream).join(' · ')}</span>
        </li>
      ))}
    </ul>
  )
}

function factsOf(stream: ProbeStream): string[] {
  const w = words.value
  const { width, height, displayWidth, displayHeight } = stream
  const isShownOtherwise = displayWidth !== null && (displayWidth !== width || displayHeight !== height)
  const facts: (string | null)[] = [
    stream.codec ?? w.unknownCodec,
    width === null ? null : `${width}×${height}`,
    isShownOtherwise ? w.shownAs(`${displayWidth}×${displayHeight}`) : null,
    stream.rotation === 0 ? null : w.rotated(stream.rotation),
    stream.frameRate === null
      ? null
      : `${number(stream.frameRate, 3)} ${w.framesASecond}${stream.constantFrameRate ? '' : ` (${w.variable})`}`,
    stream.interlaced ? w.interlaced : null,
    stream.pixelFormat,
    colourOf(stream),
    stream.channels === null ? null : (stream.channelLayout ?? w.channels(stream.channels)),
    stream.sampleRate === null ? null : `${number(stream.sampleRate / 1000, 1)} kHz`,
    stream.bitrate === null ? null : bitrate(stream.bitrate),
    stream.language === null ? null : languageOf(stream.language),
    stream.durationUs === null || stream.attachedPicture ? null : mediaTime(stream.durationUs),
    stream.startUs !== null && stream.startUs > 50_000 ? w.startsLate(duration(stream.startUs / 1000)) : null,
    stream.packets === 0 ? w.noPackets : null,
    stream.clockJumps ? w.clockJumps : null,
    stream.encrypted ? w.encrypted : null,
  ]
  return facts.filter((each) => each !== null)
}

/** Names of ranges of light that people know, else ffmpeg's. */
function colourOf({ transfer, primaries }: ProbeStream): string | null {
  if (transfer === 'smpte2084') return 'HDR10 (PQ)'
  if (transfer === 'arib-std-b67') return 'HLG'
  return primaries ?? transfer
}

export function languageOf(code: string): string {
  try {
    return new Intl.DisplayNames([document.documentElement.lang], { type: 'language' }).of(code) ?? code
  } catch {
    return code
  }
}
