/** How ffmpeg says that a file is beyond what it reads. */

/**
 * For `-max_pixels`, with the size and the limit, or, from about 16,000 a side on, for itself, which it looks at first, with
 * the size (libavutil/imgutils.c).
 */
export const PICTURE_TOO_LARGE =
  /Picture size (\d+x\d+) exceeds specified max pixel count(?: (\d+))?|Picture size (?=\d{5,}x|\d+x\d{5,})(\d+x\d+) is invalid/

/** It then goes on to say that there is no memory for one more (libavformat/options.c). */
export const TOO_MANY_STREAMS = /Number of streams exceeds max_streams parameter \((\d+)\)/
