import type { OutputWarning, Preset, Probe, ProbeStream } from '../contract/index.js'
import type { Selected, Selection } from './select-streams.js'

/**
 * What of the input an output does not carry, a sentence each, for the person who sent the job. Of a picture, thumbnails or
 * an audio file nobody expects the rest of a film; a second language is told of all the same.
 */
export function leftOut(
  probe: Probe,
  selection: Selection,
  kind: Preset['kind'],
  wantsAudio: boolean,
): OutputWarning[] {
  const carriesFilm = kind === 'av' || kind === 'remux'
  if (!carriesFilm && kind !== 'audio') return []
  const others = (type: ProbeStream['type'], taken: Selected | null) =>
    probe.streams.filter((each) => each.type === type && !each.attachedPicture && each.index !== taken?.stream.index)
  const audios = wantsAudio ? others('audio', selection.audio) : []
  const unusable: OutputWarning[] = []
  const sentences = [told('audio stream', selection.audio === null ? [] : audios)]
  if (wantsAudio && carriesFilm && selection.audio === null && selection.lost.audio !== null) {
    unusable.push({ code: 'STREAM_UNUSABLE', detail: `The audio ${selection.lost.audio.why}; the output has none.` })
  }
  if (carriesFilm) {
    sentences.push(
      told('video stream', others('video', selection.video)),
      told('subtitle stream', others('subtitle', null)),
      told('data stream', others('data', null)),
      told('attachment', others('attachment', null)),
    )
    const { chapters } = probe
    if (chapters) sentences.push(`${count(chapters, 'chapter')} of the input left out.`)
  }
  const details = sentences.filter((sentence) => sentence !== null)
  return [...unusable, ...details.map((detail) => ({ code: 'STREAM_LEFT_OUT' as const, detail }))]
}

/** `2 audio streams (deu, fra) of the input left out.`; null for none. */
function told(what: string, streams: readonly ProbeStream[]): string | null {
  if (streams.length === 0) return null
  const languages = streams.map(({ language }) => language).filter((language) => language !== null)
  const named = languages.length > 0 ? ` (${languages.join(', ')})` : ''
  return `${count(streams.length, what)}${named} of the input left out.`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
