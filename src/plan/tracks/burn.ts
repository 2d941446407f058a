/** Subtitles that become part of the picture. */
import { FfleetError, type OutputWarning, type ProbeStream, type Tracks } from '../../contract/index.js'
import { packetSizes } from '../../probe/packet-list.js'
import type { PlanContext } from '../context.js'
import { storedSize } from '../framing.js'
import { openInput, openSubtitles } from '../open-input.js'
import type { Selected } from '../select-streams.js'
import { processOptions, type Titles } from '../source.js'
import type { Preparation } from '../types.js'
import { indexes, named, ofType, type TrackContext } from './named.js'
import { TEXT } from './subtitles.js'

const set = (names: string) => new Set(names.split(' '))
/** Subtitles that are pictures, which ffmpeg lays over a film. */
const PICTURES = set('hdmv_pgs_subtitle dvd_subtitle dvb_subtitle xsub')

/** What an output's filters do for the subtitles in its picture. */
export type Burning = {
  /** For the picture as it was taken, before anything is cut off or made smaller. */
  onSource: string[]
  /** For the frame as it goes to the encoder. */
  onFrame: string[]
  /** Whether they take more than the one stream, so that the output needs a graph. */
  isGraph: boolean
  prepares?: Preparation
}

export const NOTHING_BURNT: Burning = { onSource: [], onFrame: [], isGraph: false }

/** The track that is drawn. Throws `TRACK_NOT_FOUND`, and `CODEC_NOT_ALLOWED` where nothing of what is named can be. */
export function burntTrack(
  choice: Tracks['subtitles'],
  { source }: Pick<TrackContext, 'source'>,
  warnings: OutputWarning[],
): ProbeStream | null {
  const burn = choice === 'burn' ? null : typeof choice === 'object' && 'burn' in choice ? choice.burn : undefined
  if (burn === undefined) return null
  if (source.titles === null) {
    const several = 'Subtitles are drawn into the picture of one film that is played once, and of no other.'
    throw new FfleetError('INVALID_REQUEST', several, { hint: 'Burn them first, and join what that makes.' })
  }
  const all = ofType(source.titles.file.probe, 'subtitle')
  if (burn === null && all.length === 0) {
    throw new FfleetError('TRACK_NOT_FOUND', 'The input has no subtitles that could be drawn into the picture.', {
      hint: 'Name a file of them in `subtitles` of the input.',
    })
  }
  const wanted = burn === null ? all : named(typeof burn === 'string' ? [burn] : burn, 'subtitles', all, warnings)
  const drawn = wanted.filter(
    ({ codec, encrypted }) => !encrypted && (TEXT.has(codec ?? '') || PICTURES.has(codec ?? '')),
  )
  const track = drawn.find(({ isDefault }) => isDefault) ?? drawn[0]
  if (track !== undefined) return track
  const codecs = [...new Set(wanted.map(({ codec }) => codec ?? 'unknown'))].join(', ')
  const detail = `Subtitles ${indexes(wanted)} of the input are ${codecs}, which can not be drawn into the picture.`
  throw new FfleetError('CODEC_NOT_ALLOWED', detail, { hint: 'Choose another track in tracks.subtitles.' })
}

/**
 * Text is taken out of its file first, with the fonts that an MKV carries, and drawn at the size of the output. Pictures are laid over
 * the film as it was taken, and become smaller with it. `transfer`: the curve of the output; `path`: where it goes.
 *
 * Throws `FILTER_NOT_AVAILABLE`, and `CODEC_NOT_ALLOWED` for pictures over a film that is changed on its way.
 */
export function burningOf(
  track: ProbeStream | null,
  video: Selected,
  { source, input }: PlanContext,
  transfer: string | null,
  path: string,
): Burning {
  const { titles } = source
  if (track === null || titles === null) return NOTHING_BURNT
  if (PICTURES.has(track.codec ?? '')) return overlaid(track, video, titles, path, input.capabilities)
  if (!input.capabilities.filters.has('subtitles')) {
    const lack = 'To draw subtitles, ffmpeg on this worker would need the filter subtitles, which comes with libass.'
    throw new FfleetError('FILTER_NOT_AVAILABLE', lack)
  }
  const file = `burn-${track.index}.mkv`
  const measured = readable(file, track)
  const isBeside = titles.beside.some(({ stream }) => stream.index === track.index)
  const drawn = [`subtitles=filename=${measured.token}`, ...styleOf(track, transfer)].join(':')
  return {
    onSource: [],
    onFrame: atTheirTime(drawn, isBeside ? titles.besideStartUs : titles.startUs, titles.speed),
    isGraph: false,
    prepares: { args: takenOut(track, file, titles, input), measured },
  }
}

/** The filter sees frames at the times that the subtitles count from. In µs, so that no time is rounded to a frame's. */
function atTheirTime(filter: string, startUs: number, speed: number): string[] {
  if (startUs === 0 && speed === 1) return [filter]
  const there = `setpts=PTS*${speed}+${startUs}`
  // Rounded, as it is cut off otherwise.
  const back = `setpts=floor((PTS-${startUs})/${speed}+0.5)`
  return ['settb=1/1000000', there.replaceAll('+-', '-'), filter, back.replaceAll('--', '+')]
}

/** White as bright as paper where the greatest value is that of the sun; what has colours of its own keeps them. */
function styleOf({ codec }: ProbeStream, transfer: string | null): string[] {
  const grey = transfer === 'smpte2084' ? '94' : transfer === 'arib-std-b67' ? 'BF' : null
  if (grey === null || codec === 'ass' || codec === 'ssa') return []
  return [`force_style=PrimaryColour=&H00${grey.repeat(3)}`]
}

/** The same of pictures, by how much of a value is left. */
const PAPER = new Map([
  ['smpte2084', '.58'],
  ['arib-std-b67', '.75'],
])

/** As ASS, whose styles and fonts the filter finds in that file; and lists of the packets, for those to be counted that no text came of. */
function takenOut(
  track: ProbeStream,
  file: string,
  titles: Titles,
  { capabilities, limits }: PlanContext['input'],
): string[] {
  const { probe } = titles.file
  const beside = titles.beside.find(({ stream }) => stream.index === track.index)
  const fonts = ofType(probe, 'attachment').flatMap(({ attachment }, n) => (isFont(attachment) ? [n] : []))
  const own = ofType(probe, 'subtitle').findIndex(({ index }) => index === track.index)
  const map = ['-map', beside ? '0:s:0' : `0:s:${own}`]
  return [
    ...processOptions(capabilities),
    // How many can not be read is looked at afterwards.
    ...['-max_error_rate', '1'],
    ...(beside ? openSubtitles(beside, limits) : []),
    ...(beside && fonts.length === 0 ? [] : openInput({ ...titles.file, limits }, false)),
    ...[...map, '-c:s', 'ass'],
    ...fonts.flatMap((n) => ['-map', `${beside ? 1 : 0}:t:${n}`]),
    ...(fonts.length > 0 ? ['-c:t', 'copy'] : []),
    ...['-map_chapters', '-1', '-f', 'matroska', file],
    ...[...map, '-c', 'copy', '-f', 'framecrc', `${file}.there`],
    ...[...map, '-c', 'ass', '-f', 'framecrc', `${file}.read`],
  ]
}

/** By what the file says they are, which is what the filter goes by. */
function isFont(attachment: ProbeStream['attachment']): boolean {
  return /font|opentype|truetype|ttf|otf/i.test(attachment?.mediaType ?? '')
}

/** The name of the file, once it is known that all of them are in it. Throws `SUBTITLES_NOT_READABLE`. */
function readable(file: string, { index, codec }: ProbeStream): Preparation['measured'] {
  // Of an MP4, two bytes are a gap.
  const emptyBytes = codec === 'mov_text' ? 2 : 0
  return {
    token: `<${file}>`,
    files: [`${file}.there`, `${file}.read`],
    value([there = '', read = '']) {
      const [all, found] = [packetSizes(there).filter((bytes) => bytes > emptyBytes), packetSizes(read)]
      if (found.length >= all.length) return file
      const detail = `Of ${all.length} cues in subtitles ${index} of the input, ${all.length - found.length} can not be read.`
      throw new FfleetError('SUBTITLES_NOT_READABLE', detail, {
        hint: 'They are most likely no UTF-8: convert them, and name them as a file in `subtitles` of the input.',
      })
    },
  }
}

/** As large as the film that they were made for, in its middle and at its foot, where that lost bars since. */
function overlaid(
  track: ProbeStream,
  { stream }: Selected,
  { file, isPlain }: Titles,
  path: string,
  { major, minor }: PlanContext['input']['capabilities'],
): Burning {
  const which = `Subtitles ${track.index} of the input are pictures (${track.codec})`
  if (!isPlain) {
    throw new FfleetError('CODEC_NOT_ALLOWED', `${which}, which are not drawn where the input is changed.`, {
      hint: 'Burn them first, and change what that makes; or name subtitles of text.',
    })
  }
  const isDeep = /p(9|1[0246])(le|be)?$|^p01[0246]/.test(stream.pixelFormat ?? '')
  if (isDeep && major === 4 && minor < 4) {
    const lack = `${which}, and the film has more than 8 bits, which ffmpeg keeps from 4.4 on.`
    throw new FfleetError('FILTER_NOT_AVAILABLE', lack)
  }
  const { width, height } = storedSize(stream)
  const paper = PAPER.get(stream.transfer ?? '')
  const titles = [
    `scale=w='min(${width},iw*${height}/ih)':h='min(${height},ih*${width}/iw)'`,
    ...(paper === undefined ? [] : [`colorchannelmixer=rr=${paper}:gg=${paper}:bb=${paper}`]),
  ].join(',')
  const format = isDeep ? (/422/.test(stream.pixelFormat!) ? 'yuv422p10' : 'yuv420p10') : 'auto'
  const specifier = `0:s:${ofType(file.probe, 'subtitle').findIndex(({ index }) => index === track.index)}`
  const [film, drawn] = [`[film${nameOf(path)}]`, `[titles${nameOf(path)}]`]
  const over = `overlay=x=(W-w)/2:y=H-h:eof_action=pass:format=${format}`
  return {
    onSource: [`null${film};[${specifier}]${titles}${drawn};${film}${drawn}${over}`],
    onFrame: [],
    isGraph: true,
  }
}

/** `-map` and the filters of an output's picture. A graph takes the streams itself; what comes of it is called after the output. */
export function pictureArgs(
  video: Selected,
  filters: readonly string[],
  { isGraph }: Pick<Burning, 'isGraph'>,
  path: string,
): string[] {
  const chain = filters.join(',')
  if (!isGraph) return ['-map', video.specifier, '-vf', chain]
  const label = `[${nameOf(path)}]`
  return ['-filter_complex', `[${video.specifier}]${chain}${label}`, '-map', label]
}

/** In a graph, where no other output has it. */
const nameOf = (path: string) => path.replaceAll(/\W/g, '_')

const GRAPH = '-filter_complex'

/**
 * The arguments of outputs of one command: two graphs that read one track of subtitles end ffmpeg 5.1 by SIGSEGV, a graph of both
 * does not.
 */
export function inOneGraph(outputs: readonly (readonly string[])[]): (readonly string[])[] {
  const graphOf = (args: readonly string[]) => args[args.indexOf(GRAPH) + 1]!
  const drawing = outputs.filter((args) => args.includes(GRAPH) && graphOf(args).includes('[0:s:'))
  const graph = drawing.map(graphOf).join(';')
  return outputs.map((args) => {
    const at = args.indexOf(GRAPH)
    if (drawing[0] === args) return args.with(at + 1, graph)
    return drawing.includes(args) ? args.toSpliced(at, 2) : args
  })
}
