/** A file of subtitles beside a film, read by ourselves: what ffmpeg gets of it is text that we wrote. */
import { FfleetError, type SubtitleFormat } from '../contract/index.js'
import { type CueSheet, cutCues, readCues, writeCues } from './cues.js'
import type { SubtitleDemuxer } from './formats.js'

/** A film of three hours has some 200 kB of them. */
export const MOST_SUBTITLE_BYTES = 16 * 1024 * 1024

/** By ffmpeg's names: the codec of a track of it, and the demuxer. */
export const SUBTITLE_FORMS: Record<SubtitleFormat, { codec: string; demuxer: SubtitleDemuxer }> = {
  srt: { codec: 'subrip', demuxer: 'srt' },
  vtt: { codec: 'webvtt', demuxer: 'webvtt' },
  ass: { codec: 'ass', demuxer: 'ass' },
}

/**
 * The cues of a file in UTF-8, or in UTF-16 with a mark of that. Which format it is shows in what it holds, whatever the file is
 * called. `field`: where the file is named, for people.
 *
 * Throws `SUBTITLES_NOT_READABLE` with the place of what is no UTF-8, and for what holds no cue.
 */
export function readSubtitles(bytes: Uint8Array, field: string): CueSheet {
  const text = textOf(bytes, field)
    .replaceAll(/\r\n?/g, '\n')
    // They mean nothing in subtitles, and something to readers of other files.
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
  const sheet = readCues(text.trimStart(), formatOf(text))
  const cues = sheet.cues.filter(({ startUs, endUs }) => endUs > startUs)
  if (cues.length > 0) return { ...sheet, head: sheet.format === 'srt' ? [] : sheet.head, cues }
  throw unreadable(`\`${field}\` holds no cue of SubRip, WebVTT or ASS.`)
}

/** The part of them that is shown in a range, from its begin on, as text. `offsetUs`: so much later they come. */
export function partOf(sheet: CueSheet, { fromUs, limitUs, offsetUs }: Part): { text: string; cues: number } {
  const part = cutCues(sheet, fromUs - offsetUs, limitUs)
  return { text: writeCues(part), cues: part.cues.length }
}

type Part = { fromUs: number; limitUs: number | null; offsetUs: number }

function textOf(bytes: Uint8Array, field: string): string {
  const [first, second] = bytes
  const marked = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : null
  try {
    // The mark itself is left out.
    return new TextDecoder(marked ?? 'utf-8', { fatal: true }).decode(bytes)
  } catch {
    const where = marked === null ? `, from line ${lineOfFault(bytes)} on` : ''
    throw unreadable(`\`${field}\` is not ${marked === null ? 'UTF-8' : 'the UTF-16 that it says it is'}${where}.`)
  }
}

/** The first line, counted from 1, that is no UTF-8. */
function lineOfFault(bytes: Uint8Array): number {
  let line = 1
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from)
    const to = end < 0 ? bytes.length : end
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, to))
    } catch {
      break
    }
    from = to + 1
  }
  return line
}

function formatOf(text: string): SubtitleFormat {
  const start = text.trimStart()
  if (/^WEBVTT\b/.test(start)) return 'vtt'
  return /^\[Script Info\]/i.test(start) ? 'ass' : 'srt'
}

function unreadable(detail: string): FfleetError {
  return new FfleetError('SUBTITLES_NOT_READABLE', detail)
}
