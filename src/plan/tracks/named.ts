/** Tracks by the names that requests have for them. */
import { FfleetError, type OutputWarning, type Probe, type ProbeStream } from '../../contract/index.js'
import type { Range } from '../range.js'
import type { Selection } from '../select-streams.js'
import type { Source } from '../source.js'
import type { PlanInput } from '../types.js'

/** What tracks are chosen from, and by which ffmpeg. */
export type TrackContext = {
  input: Pick<PlanInput, 'probe' | 'capabilities' | 'beside' | 'limits'>
  source: Pick<Source, 'titles' | 'covers' | 'chapters'>
  range: Range
  selection: Selection
}

/** In the order in which they are named. Throws `TRACK_NOT_FOUND`. */
export function named(
  choice: string[] | { index: number | number[] },
  what: 'audio' | 'subtitles',
  streams: readonly ProbeStream[],
  warnings: OutputWarning[],
): ProbeStream[] {
  const wanted: readonly (string | number)[] = Array.isArray(choice) ? choice : [choice.index].flat()
  const found = wanted.map((one) =>
    streams.filter(({ index, language }) => (typeof one === 'number' ? index === one : isSameLanguage(one, language))),
  )
  const missed = wanted.filter((_, i) => found[i]!.length === 0)
  if (missed.length > 0) {
    const there = streams.map(({ index, language }) => `${index} (${language ?? 'und'})`)
    const none = what === 'audio' ? 'no audio' : 'no subtitles'
    const detail = `The input has ${none} ${missed.join(', ')}; it has ${there.length > 0 ? there.join(', ') : 'none'}.`
    if (missed.length === wanted.length) {
      throw new FfleetError('TRACK_NOT_FOUND', detail, {
        hint: `Name what is there in tracks.${what}, by language or index.`,
      })
    }
    warnings.push({ code: 'TRACK_MISSING', detail })
  }
  return [...new Set(found.flat())]
}

/** `de`, `deu` and `ger` are one language, `pt-BR` is a kind of `pt`. */
function isSameLanguage(wanted: string, language: string | null): boolean {
  const [one, other] = [wanted, language ?? 'und'].map(canonical) as [string, string]
  return one === other || other.startsWith(`${one}-`)
}

function canonical(language: string): string {
  try {
    return Intl.getCanonicalLocales(language)[0]!.toLowerCase()
  } catch {
    return language.toLowerCase()
  }
}

export function ofType(probe: Probe, type: ProbeStream['type']): ProbeStream[] {
  return probe.streams.filter((stream) => stream.type === type)
}

export function indexes(streams: readonly ProbeStream[]): string {
  return streams.map(({ index }) => index).join(', ')
}
