/** A chapter for each input that is joined, and the file that tells ffmpeg of them. */
import type { Chapter } from '../../probe/index.js'
import { tagOf } from '../../probe/tags.js'
import type { TextFile } from '../types.js'
import type { Piece } from './clips.js'
import { startsOf } from './exact.js'

/** Longer titles do not go into an MP4. */
const MAX_TITLE = 200
const FILE = 'chapters.txt'

/** Where each input begins, repeats of it being one, and what it is called. Of pieces whose lengths are known. */
export function chaptersOf(pieces: readonly Piece[]): Chapter[] {
  const starts = startsOf(pieces)
  const endUs = starts.at(-1)! + pieces.at(-1)!.lengthUs!
  const firsts = pieces.flatMap(({ clip }, i) => (clip === pieces[i - 1]?.clip ? [] : [i]))
  const titles = titlesOf(firsts.map((i) => pieces[i]!))
  return firsts.map((i, n) => ({
    startUs: Math.round(starts[i]!),
    endUs: Math.round(firsts[n + 1] === undefined ? endUs : starts[firsts[n + 1]!]!),
    title: titles[n]!,
  }))
}

/**
 * Titles in the tags, where every input has one and they are not all the same, which is then that of the book; else the
 * names of the files, without the numbers in front; and `Chapter 3` for what is nothing but a number.
 */
function titlesOf(pieces: readonly Piece[]): string[] {
  const tagged = pieces.map(({ clip }) => plain(tagOf(clip.probe.tags, 'title') ?? ''))
  const isTagged = tagged.every((title) => title !== '') && (tagged.length === 1 || new Set(tagged).size > 1)
  if (isTagged) return tagged
  return pieces.map(({ clip }, i) => {
    const name = plain((clip.title ?? '').replaceAll('_', ' ')).replace(/^\d{1,4}(?:\s*[-.)]\s*|\s+|$)/, '')
    return name === '' ? `Chapter ${i + 1}` : name
  })
}

/** The file, with the name of the whole in front: the album of the first input is what is made of its tracks. */
export function chapterFile(pieces: readonly Piece[], chapters: readonly Chapter[]): TextFile {
  const { tags } = pieces[0]!.clip.probe
  const album = plain(tagOf(tags, 'album') ?? '')
  // What is said here counts more than what the first input says: the whole is none of its tracks.
  const whole = pieces.length > 1 && album !== '' ? [`title=${escaped(album)}`, 'track='] : []
  const parts = chapters.flatMap(({ startUs, endUs, title }) => [
    ...['[CHAPTER]', 'TIMEBASE=1/1000000', `START=${startUs}`, `END=${endUs}`],
    `title=${escaped(title)}`,
  ])
  return { relativePath: FILE, text: `${[';FFMETADATA1', ...whole, ...parts].join('\n')}\n` }
}

/** ffmpeg's options that open it. */
export function openChapters({ relativePath }: TextFile): string[] {
  return [
    ...['-protocol_whitelist', 'file', '-format_whitelist', 'ffmetadata'],
    ...['-f', 'ffmetadata', '-i', `file:${relativePath}`],
  ]
}

/** The options of an output that carries chapters, which are those of input `number`, and the tags there before those of the first. */
export function withChapters(args: readonly string[], number: number): string[] {
  const at = args.findIndex((arg, i) => arg === '-map_chapters' && args[i + 1] === '0')
  if (at < 0) return [...args]
  const tags = args.includes('-map_metadata:g') ? [] : ['-map_metadata', `${number}`, '-map_metadata', '0']
  return [...args.slice(0, at), ...tags, '-map_chapters', `${number}`, ...args.slice(at + 2)]
}

/** In one line. */
function plain(text: string): string {
  return text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_TITLE)
    .trim()
}

/** As its format has it. */
function escaped(text: string): string {
  return text.replaceAll(/[=;#\\]/g, (character) => `\\${character}`)
}
