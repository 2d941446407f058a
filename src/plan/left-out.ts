import type { OutputWarning, Preset, Probe, ProbeStream } from '../contract/index.js'
import type { Selected, Selection } from './select-streams.js'
import type { Carried } from './tracks/index.js'

/**
 * What of the input an output does not carry, a sentence each, for the person who sent the job. Of a picture, thumbnails or
 * an audio file nobody expects the rest of a film; a second language is told of all the same.
 */
export function leftOut(
  probe: Probe,
  selection: Selection,
  { kind, audio }: Pick<Preset, 'kind' | 'audio'>,
  tracks: Pick<Carried, 'audios' | 'subtitles' | 'burnt' | 'attachments' | 'chapters' | 'cover'>,
): OutputWarning[] {
  const burnt = tracks.burnt && { stream: tracks.burnt, specifier: '' }
  const carriesFilm = kind === 'av' || kind === 'remux' || kind === 'archive' || kind === 'ladder'
  if (!carriesFilm && kind !== 'audio') return []
  const others = (type: ProbeStream['type'], taken: readonly (Selected | null)[]) =>
    probe.streams.filter(
      (each) => each.type === type && !each.attachedPicture && !taken.some((one) => one?.stream.index === each.index),
    )
  const carried = kind === 'audio' ? tracks.audios.slice(0, 1) : tracks.audios
  const wantsAudio = audio !== null
  const unusable: OutputWarning[] = []
  const sentences = [told('audio stream', wantsAudio && carried.length > 0 ? others('audio', carried) : [])]
  if (wantsAudio && carriesFilm && selection.audio === null && selection.lost.audio !== null) {
    unusable.push({ code: 'STREAM_UNUSABLE', detail: `The audio ${selection.lost.audio.why}; the output has none.` })
  }
  if (carriesFilm) {
    sentences.push(
      told('video stream', others('video', [selection.video])),
      told('subtitle stream', others('subtitle', [...tracks.subtitles, burnt])),
      told('data stream', others('data', [])),
      told('attachment', tracks.attachments ? [] : others('attachment', [])),
    )
    const { chapters } = probe
    if (chapters && !tracks.chapters) sentences.push(`${count(chapters, 'chapter')} of the input left out.`)
  }
  const covers = probe.streams.filter((each) => each.attachedPicture && each !== tracks.cover?.stream)
  sentences.push(told('cover picture', covers))
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
