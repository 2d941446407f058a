import type { ProbeStream } from '../contract/index.js'

/** What a stream is that tells nothing more of itself. */
export const NO_FACTS = {
  attachedPicture: false,
  encrypted: false,
  width: null,
  height: null,
  displayWidth: null,
  displayHeight: null,
  rotation: 0,
  frameRate: null,
  constantFrameRate: false,
  frames: null,
  presentationTimes: null,
  lastFrameUs: null,
  pixelFormat: null,
  transfer: null,
  primaries: null,
  matrix: null,
  range: null,
  interlaced: false,
  channels: null,
  channelLayout: null,
  sampleRate: null,
} as const satisfies Partial<ProbeStream>
