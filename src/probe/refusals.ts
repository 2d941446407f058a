import { FfleetError, type Probe } from '../contract/index.js'
import { TOO_MANY_STREAMS } from '../ffmpeg/index.js'
import type { Declared } from './declared.js'
import type { FfprobeAnswer } from './ffprobe.js'
import type { Sniffed } from './formats.js'
import { tooManyPixels } from './limits.js'

/** What is known of a file before it is read as media. `isCutOff`: an MP4 that ends inside a box. */
export type FileFacts = { isFile: boolean; bytes: number; sniffed: Sniffed; isCutOff: boolean; declared: Declared }

/** Throws `NOT_A_REGULAR_FILE`, and `NOT_MEDIA` for an empty file. */
export function requireContent({ isFile, bytes }: FileFacts): void {
  if (!isFile) throw new FfleetError('NOT_A_REGULAR_FILE', 'Only files can be probed.')
  if (bytes === 0) throw new FfleetError('NOT_MEDIA', 'The file is empty.')
}

/** Throws `UNSUPPORTED_CONTAINER` for a file that names other files: read by ffmpeg, it would pull those in. */
export function refusePlaylist(sniffed: Sniffed): void {
  if (sniffed.kind !== 'playlist') return
  throw new FfleetError('UNSUPPORTED_CONTAINER', `The file is a ${sniffed.name}, which only names other files.`, {
    hint: 'Send the media file itself.',
  })
}

/** Throws `NOT_MEDIA` when there is neither sound nor picture: ffmpeg takes subtitles, and some text, for media. */
export function requireMedia(probe: Probe, { isCutOff, sniffed }: FileFacts): void {
  const media = probe.streams.some(
    ({ type, attachedPicture }) => (type === 'video' || type === 'audio') && !attachedPicture,
  )
  const moves = probe.streams.some(({ type, packets }) => type === 'audio' || (type === 'video' && (packets ?? 0) > 1))
  // Some versions of ffmpeg see a film of one picture, or of none, in it.
  if (sniffed.kind === 'isobmff' && sniffed.picture !== null && !moves) throw heldPicture(sniffed.picture)
  if (media) return
  throw isCutOff ? cutOff() : new FfleetError('NOT_MEDIA', 'The file has neither audio nor video.')
}

/** A picture in a box of films, as phones take it: there is no film to describe, and nothing is missing. */
function heldPicture(name: string, cause?: string): FfleetError {
  return new FfleetError('UNSUPPORTED_CONTAINER', `The file is a picture in ${name}, which is not read.`, {
    hint: 'Convert the picture to JPEG or PNG; phones can be set to do so when they share it.',
    cause,
  })
}

function cutOff(cause?: string): FfleetError {
  return new FfleetError('INPUT_TRUNCATED', 'The file ends before the part that describes its streams.', { cause })
}

/** Demuxers that see text or text-mode art in a file. */
const TEXT_FORMATS = new Set(
  (
    'tty,ansi,bin,xbin,adf,idf,txd,srt,ass,ssa,webvtt,microdvd,mpl2,mpsub,pjs,realtext,sami,stl,subviewer,subviewer1,' +
    'vplayer,jacosub,aqtitle,lrc,scc,sup,vobsub,ffmetadata,svg_pipe,data,rawvideo'
  ).split(','),
)

/** The error for a file that ffprobe could not read either. */
export function readingFailed(
  { sniffed, isCutOff }: FileFacts,
  { log, late }: Extract<FfprobeAnswer, { probe: null }>,
): FfleetError {
  if (late) return tookTooLong()
  const cause = log
  if (sniffed.kind === 'isobmff' && sniffed.picture !== null) return heldPicture(sniffed.picture, cause)
  if (sniffed.kind === 'document') {
    return new FfleetError('NOT_MEDIA', `The file is ${sniffed.name}, not media.`, { cause })
  }
  // `[hls @ 0x55…] [error] Format not on whitelist '…'`; the context is the demuxer (libavformat/demux.c).
  const refused = /\[([\w,]+) @ [^\]]+\] (?:\[\w+\] )?Format not on whitelist/.exec(log)?.[1]
  if (refused !== undefined && !TEXT_FORMATS.has(refused)) {
    return new FfleetError('UNSUPPORTED_CONTAINER', `The container format ${refused} is not accepted.`, { cause })
  }
  const tooLarge = tooManyPixels(log)
  if (tooLarge !== null) return tooLarge
  const [, most] = TOO_MANY_STREAMS.exec(log) ?? []
  if (most !== undefined)
    return new FfleetError('TOO_MANY_STREAMS', `The input has more than ${most} streams, all that ffmpeg reads.`, {
      cause,
    })
  if (/Cannot allocate memory/.test(log))
    return new FfleetError('OUT_OF_MEMORY', 'Reading the input would take more memory than is accepted.', { cause })
  const noIndex = sniffed.kind === 'isobmff' && /moov atom not found/.test(log)
  if (isCutOff || noIndex || /File ended prematurely/.test(log)) return cutOff(cause)
  return new FfleetError('NOT_MEDIA', 'No reader knows what is in the file.', { cause })
}

export function tookTooLong(): FfleetError {
  return new FfleetError('TIMED_OUT', 'Reading the header of the input took too long.')
}
