import type { JobError } from './job.js'
import type { FoundQuality } from './quality.js'
import type { AttemptOutcome, JobState } from './states.js'

export type StreamType = 'video' | 'audio' | 'subtitle' | 'data' | 'attachment'

/** The display that a film was graded on: chromaticities as CIE 1931 x and y, luminances in cd/m². */
export type MasteringDisplay = {
  red: [x: number, y: number]
  green: [x: number, y: number]
  blue: [x: number, y: number]
  white: [x: number, y: number]
  minLuminance: number
  maxLuminance: number
}

/** What a video of high dynamic range tells beside its curve (HDR10, Dolby Vision). */
export type HdrMetadata = {
  masteringDisplay: MasteringDisplay | null
  /** The lightest pixel, and the lightest frame on average, in cd/m². */
  contentLight: { max: number; average: number } | null
  /** Profile, and which other decoders can show its base: 0 none, 1 those of HDR10, 2 of standard range, 4 of HLG. */
  dolbyVision: { profile: number; compatibility: number } | null
}

/** One stream of a probed file. Figures a container does not tell are null. */
export type ProbeStream = {
  /** Position in the file, counting every stream. */
  index: number
  type: StreamType
  /** ffmpeg's codec name, such as `h264`, `hevc`, `aac`; null when unknown. */
  codec: string | null
  /** From the first to the end of the last packet, jumps of the clock left out. */
  durationUs: number | null
  /** When its first packet is due, counted from the first of the file. */
  startUs: number | null
  /** Its clock is set anew on the way, so that its times are no length. */
  clockJumps: boolean
  /** How many packets there are; 0 where the stream is only announced, null where they were not all seen. */
  packets: number | null
  bitrate: number | null
  language: string | null
  isDefault: boolean
  /** Cover art: a picture that is carried as a video stream and never counts as video. */
  attachedPicture: boolean
  /** An attachment: what the file calls it, and its size; left out elsewhere. */
  attachment?: { name: string | null; mediaType: string | null; bytes: number | null }
  /** Its packets are locked with a key (DRM). */
  encrypted: boolean
  /** Video: pixels as stored, before rotation. */
  width: number | null
  height: number | null
  /** Video: pixels as shown, after rotation and sample aspect ratio. */
  displayWidth: number | null
  displayHeight: number | null
  /** Clockwise degrees: 0, 90, 180, 270. */
  rotation: number
  /** Frames per second: average; null when unknown. */
  frameRate: number | null
  /** True only where every frame is known to last equally long. */
  constantFrameRate: boolean
  frames: number | null
  /** Video: false where packets come without the time at which they are shown, though in another order. */
  presentationTimes: boolean | null
  /** Video: how long the last picture stands. */
  lastFrameUs: number | null
  /** Video in ProRes or DNxHR: which of its profiles, such as `hq`; left out elsewhere. */
  profile?: string
  pixelFormat: string | null
  /** Video: how its values mean light and colour, by ffmpeg's names, such as `bt709`, `smpte2084`, `tv`. */
  transfer: string | null
  primaries: string | null
  matrix: string | null
  range: string | null
  /** Video of high dynamic range that tells more; left out elsewhere. */
  hdr?: HdrMetadata
  interlaced: boolean
  channels: number | null
  /** Audio: which channel is where, by ffmpeg's name, such as `5.1(side)`. */
  channelLayout: string | null
  sampleRate: number | null
}

/** The facts read from a media file. */
export type Probe = {
  /** ffmpeg's demuxer name, such as `mov,mp4,m4a,3gp,3g2,mj2` or `matroska,webm`. */
  container: string
  bytes: number
  /** Longest of the audio and video streams, cover art and subtitles not counted; null when unknown. */
  durationUs: number | null
  /** What the header says instead, where the packets end before that: an input that is cut off, or a wrong header. */
  promisedUs: number | null
  bitrate: number | null
  streams: ProbeStream[]
  chapters: number | null
  tags: Record<string, string>
  /** Which reader answered. */
  by: 'mediabunny' | 'ffprobe' | 'ffleet'
}

/** What the rows of a timeline hold, in this order; `quality` is the quantizer of the first video stream that is made. */
export const TIMELINE_COLUMNS = [
  'atMs',
  'outTimeUs',
  'frame',
  'fps',
  'speed',
  'bitrate',
  'bytesWritten',
  'quality',
] as const
export type TimelineRow = [atMs: number, ...(number | null)[]]

/** One ffmpeg process. */
export type PassReport = {
  label: string
  /** Of a part that another worker of the fleet made: which one, on which host; left out: the attempt's own. */
  worker?: string
  host?: string
  /** Version of ffmpeg, such as `5.1.9`. */
  ffmpeg: string
  /** As spawned, secrets and host folders redacted. */
  argv: string[]
  exitCode: number | null
  signal: string | null
  sawEnd: boolean
  summary: {
    frames: number | null
    outTimeUs: number | null
    bytes: number | null
    averageFps: number | null
    averageSpeed: number | null
    wallMs: number
    cpuUserMs: number | null
    cpuSystemMs: number | null
    maxRssBytes: number | null
  }
  /** At most 1,000 rows, thinned evenly; `atMs` counts from the start of the pass. */
  timeline: { columns: typeof TIMELINE_COLUMNS; rows: TimelineRow[] }
  warnings: string[]
  errors: string[]
  logTail: string[]
}

/** How loud a sound is, by ITU-R BS.1770; null for silence, or what is too short to be measured. */
export type MeasuredLoudness = { integratedLufs: number | null; truePeakDbtp: number | null }

/** Proof that nothing was lost: every picture of the output hashes to that of the input. */
export type LosslessReport = {
  /** How many pictures were compared. */
  frames: number
  /** MD5 of their MD5s, each on a line, as ffmpeg's `framemd5` lists them. */
  md5: string
}

/** What went wrong in an attempt, for people. */
export type Diagnosis = {
  code: string
  title: string
  /** The line of ffmpeg's log that says it best; null when there is none. */
  culprit: string | null
  hint: string
  retryable: boolean
  /** A command line that reproduces the pass by hand, run in the folder of the input. */
  reproduce: string | null
}

/** An input that was fetched from elsewhere. */
export type SourceReport = {
  /** Without what it was signed with. */
  uri: string
  bytes: number
  /** Until it was there, waiting for room and for others who fetched the same included. */
  seconds: number
  /** As its server said them; null: it did not. */
  etag: string | null
  lastModified: string | null
  /** The worker had it already, and its server said that it still is the same. */
  reused: boolean
}

export type AttemptReport = {
  attempt: number
  worker: string
  host: string
  startedAt: string
  finishedAt: string | null
  outcome: AttemptOutcome
  error: JobError | null
  diagnosis: Diagnosis | null
  passes: PassReport[]
  /** Inputs that were fetched; left out where there were none. */
  sources?: SourceReport[]
}

type TrackReport = {
  /** Of its folder in the output. */
  name: string
  /** As RFC 6381 has it, such as `avc1.64001F`. */
  codec: string
  durationMs: number
  segments: number
  bytes: number
  /** Bits a second: the most that any run of segments about as long as one takes, and the average. Measured. */
  bandwidth: number
  averageBandwidth: number
}

/** What a ladder came to. */
export type LadderReport = {
  /** The largest picture first. `frameRate` in frames a second. */
  rungs: (TrackReport & { width: number; height: number; frameRate: number; range: 'SDR' | 'PQ' | 'HLG' })[]
  audio: (TrackReport & { language: string | null; channels: number })[]
  subtitles: { name: string; language: string | null; segments: number }[]
  /** Files in the folder; each left out where it was not asked for. */
  poster?: string
  thumbnails?: { index: string; sheets: number }
}

export type OutputReport = {
  name: string
  probe: Probe | null
  /** true: checked and right; false: right but for what a warning says; null: not checked. */
  verified: { duration: boolean | null; streams: boolean | null; decodes: boolean | null }
  /** As it was heard in the output; left out where no loudness was asked for. */
  loudness?: MeasuredLoudness
  /** Left out where the output was not to be without loss. */
  lossless?: LosslessReport
  /** Left out of all but ladders. */
  ladder?: LadderReport
  /** What was found for it; left out where nothing was sought. */
  quality?: FoundQuality
  /** What to know although all is well, such as an input that is shorter than its header says. */
  warnings?: string[]
}

export type Report = {
  jobId: string
  state: JobState
  input: Probe | null
  attempts: AttemptReport[]
  outputs: OutputReport[]
  error: JobError | null
}
