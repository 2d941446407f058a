/** The figures of a video of which nothing is asked. */
export const PLAIN_VIDEO = {
  width: null,
  height: null,
  crf: null,
  bitrate: null,
  speed: null,
  passes: 1,
  maxFrameRate: null,
} as const
