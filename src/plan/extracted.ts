/** What is taken out of a film as files of its own: one track of subtitles, or the attachments. */
import { FfleetError, type OutputWarning, type Preset, type Probe, type SubtitleFormat } from '../contract/index.js'
import { openSubtitles } from './open-input.js'
import { WHOLE } from './range.js'
import { safeNames } from './safe-names.js'
import { indexes, named, ofType, type TrackContext } from './tracks/named.js'
import { TEXT } from './tracks/subtitles.js'
import type { PlannedOutput } from './types.js'

/** By ffmpeg's names: what is copied, what makes it of any other text, and the muxer. */
const FORMS: Record<SubtitleFormat, { held: string; encoder: string; muxer: string }> = {
  vtt: { held: 'webvtt', encoder: 'webvtt', muxer: 'webvtt' },
  srt: { held: 'subrip', encoder: 'srt', muxer: 'srt' },
  ass: { held: 'ass', encoder: 'ass', muxer: 'ass' },
}

type Extraction = Pick<
  PlannedOutput,
  'args' | 'analyseArgs' | 'expected' | 'from' | 'warnings' | 'sprites' | 'extracted' | 'frames' | 'cost'
> &
  Pick<PlannedOutput, 'inputArgs' | 'opens'>

const NO_STREAMS = { video: 0, audio: 0 }
const COPIED = { analyseArgs: null, sprites: null, frames: null, cost: 0.02 }

export function isExtracted({ kind }: Pick<Preset, 'kind'>): boolean {
  return kind === 'subtitles' || kind === 'attachments'
}

/**
 * One track, of the whole input: cues are cut to a range when they are there, so that one that is shown at its begin is known. Throws
 * `TRACK_NOT_FOUND`, and `CODEC_NOT_ALLOWED` for pictures.
 */
export function takeSubtitles({ container, tracks }: Preset, path: string, context: TrackContext): Extraction {
  const { probe } = context.input
  const choice = tracks?.subtitles
  const warnings: OutputWarning[] = []
  const all = ofType(probe, 'subtitle')
  if (all.length === 0 && typeof choice !== 'object') {
    throw new FfleetError('TRACK_NOT_FOUND', 'The input has no subtitles.')
  }
  const chosen = typeof choice === 'object' && !('burn' in choice) ? named(choice, 'subtitles', all, warnings) : all
  const stream = chosen.find(({ codec, encrypted }) => TEXT.has(codec ?? '') && !encrypted)
  if (stream === undefined) {
    const codecs = [...new Set(chosen.map(({ codec }) => codec ?? 'unknown'))].join(', ')
    const detail = `Subtitles ${indexes(chosen)} of the input are ${codecs}, no text: they can not be written as ${container}.`
    throw new FfleetError('CODEC_NOT_ALLOWED', detail, { hint: wayOut(probe) })
  }
  const others = all.filter((each) => each !== stream)
  if (others.length > 0) {
    const list = others.map(({ index, language }) => `${index} (${language ?? 'und'})`).join(', ')
    warnings.push({ code: 'STREAM_LEFT_OUT', detail: `Subtitles ${list} of the input left out.` })
  }
  const format = container as SubtitleFormat
  const { held, encoder, muxer } = FORMS[format]
  const { beside = [], limits } = context.input
  const file = beside.find((each) => each.stream.index === stream.index)
  const map = ['-map', file ? '0:s:0' : `0:s:${all.indexOf(stream)}`]
  const cues = `${path}.cues`
  // A file beside the film is cut to the range already.
  const { startUs, limitUs } = file ? WHOLE : context.range
  return {
    ...COPIED,
    ...(file && { opens: openSubtitles(file, limits) }),
    args: [
      ...[...map, '-c', stream.codec === held ? 'copy' : encoder, '-f', muxer, path],
      // What the demuxer gave, a line each, for the cues to be held against.
      ...[...map, '-c', 'copy', '-f', 'framecrc', cues],
    ],
    extracted: { of: 'subtitles', format, cues, emptyBytes: stream.codec === 'mov_text' ? 2 : 0, startUs, limitUs },
    expected: { durationUs: null, streams: NO_STREAMS, beside: { subtitles: 1, chapters: null } },
    from: { video: null, audio: [], subtitles: [stream.index] },
    warnings,
  }
}

/** Of pictures no text can be made here; of a film with text besides, that is the way. */
function wayOut(probe: Probe): string {
  const texts = ofType(probe, 'subtitle').filter(({ codec }) => TEXT.has(codec ?? ''))
  if (texts.length > 0) return `Name one of text in tracks.subtitles: ${indexes(texts)}.`
  return 'Copy them with the film, by the preset copy-mkv.'
}

/** All of them. Throws `TRACK_NOT_FOUND`. */
export function takeAttachments(path: string, { input, selection }: TrackContext): Extraction {
  const streams = ofType(input.probe, 'attachment')
  if (streams.length === 0) {
    throw new FfleetError('TRACK_NOT_FOUND', 'The input has no attachments.', {
      hint: 'Fonts and other files are attached to MKV files alone.',
    })
  }
  const names = safeNames(streams.map(({ attachment }) => attachment?.name ?? null))
  const files = streams.map(({ attachment }, i) => ({ name: names[i]!, bytes: attachment?.bytes ?? null }))
  // They are written when the file is opened; the first packet of anything ends the run.
  const any = selection.video ?? selection.audio
  return {
    ...COPIED,
    inputArgs: files.flatMap(({ name }, i) => [`-dump_attachment:t:${i}`, `${path}/${name}`]),
    args: ['-map', any?.specifier ?? '0:t', '-c', 'copy', '-t', '0', '-f', 'null', '-'],
    extracted: { of: 'attachments', files },
    expected: { durationUs: null, streams: NO_STREAMS },
    from: { video: null, audio: [], subtitles: [] },
    warnings: [],
  }
}
