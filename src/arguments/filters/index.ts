/**
 * The filters that arguments may name, with the options of each that may be given; whatever is not here is refused. Names are
 * ffmpeg's. An option that a version lacks does no harm: that ffmpeg refuses it.
 */
import { JOINS } from './joins.js'
import { LENGTHS } from './lengths.js'
import { MEASURES } from './measures.js'
import { PICTURES } from './pictures.js'
import { SOUND } from './sound.js'
import { SOURCES } from './sources.js'

/** What becomes of the length of what goes in. */
export type Length = 'kept' | 'longest' | 'changed' | 'source'

export type FilterRule = {
  name: string
  /** Every option by name. */
  options: ReadonlySet<string>
  /** How many may be given without a name, from the first on. */
  unnamed: number
  length: Length
}

/** Filters that are let through for one reason. */
export type FilterGroup = { title: string; reason: string; length: Length; filters: readonly FilterRule[] }

const NUMBERS =
  'Its options are numbers, colours, words and expressions over numbers; none names a file, an address or code.'

export const FILTER_GROUPS: readonly FilterGroup[] = [
  group('Pictures', `Computes pictures from pictures. ${NUMBERS}`, 'kept', PICTURES),
  group('Sound', `Computes sound from sound. ${NUMBERS}`, 'kept', SOUND),
  group('Measuring', `Passes on what it gets, and tells ffmpeg's log of it. ${NUMBERS}`, 'kept', MEASURES),
  group('Joining', `Makes one stream of several of the same command. ${NUMBERS}`, 'longest', JOINS),
  group('Time', `Takes frames out, repeats, moves or draws them. ${NUMBERS}`, 'changed', LENGTHS),
  group('Sources and sinks', `Makes media of nothing, or takes it in. ${NUMBERS}`, 'source', SOURCES),
]

const RULES = new Map(FILTER_GROUPS.flatMap(({ filters }) => filters.map((rule) => [rule.name, rule] as const)))

/** Undefined for a filter that is not let through. */
export function filterRule(name: string): FilterRule | undefined {
  return RULES.get(name)
}

/** Why filters are refused that people ask for; of every other one it is not known whether it reads, writes or connects. */
export const REFUSED_FILTERS: Record<string, string> = {
  movie: 'it opens any file or address by name; give that as an input of its own',
  amovie: 'it opens any file or address by name; give that as an input of its own',
  subtitles: 'it opens a file by name; burn subtitles in before, or carry them as a stream',
  ass: 'it opens a file by name; burn subtitles in before, or carry them as a stream',
  lut1d: 'it opens a file by name; give the table as a picture, for haldclut',
  lut3d: 'it opens a file by name; give the table as a picture, for haldclut',
  sendcmd: 'it opens a file by name, and changes other filters while they run',
  asendcmd: 'it opens a file by name, and changes other filters while they run',
  zmq: 'it listens on the network',
  azmq: 'it listens on the network',
  frei0r: 'it loads code by name',
  frei0r_src: 'it loads code by name',
  ladspa: 'it loads code by name',
  lv2: 'it loads code by name',
  dnn_processing: 'it loads a model by name',
  dnn_detect: 'it loads a model by name',
  dnn_classify: 'it loads a model by name',
  arnndn: 'it opens a file by name; afftdn takes noise away without one',
  asr: 'it loads a model by name',
  libvmaf: 'it writes a file by name',
  psnr: 'it writes a file by name',
  ssim: 'it writes a file by name',
  metadata: 'it writes a file or to the network by name',
  ametadata: 'it writes a file or to the network by name',
  signature: 'it writes a file by name',
  vidstabdetect: 'it writes a file by name',
  vidstabtransform: 'it opens a file by name',
  deshake: 'it writes a file by name',
  removelogo: 'it opens a file by name; delogo takes a place by numbers',
  find_rect: 'it opens a file by name',
  cover_rect: 'it opens a file by name',
  sofalizer: 'it opens a file by name',
  firequalizer: 'it writes a file by name',
  showcqt: 'it opens files by name',
  life: 'it opens a file by name',
  cellauto: 'it opens a file by name',
  realtime: 'it holds a slot of the fleet without any use',
  arealtime: 'it holds a slot of the fleet without any use',
}

/** A line is a filter, `/n` for how many options it takes without a name, and its options. */
function group(title: string, reason: string, length: Length, table: string): FilterGroup {
  const filters = table
    .trim()
    .split('\n')
    .map((line): FilterRule => {
      const [head = '', ...options] = line.trim().split(' ')
      const [name = '', unnamed] = head.split('/')
      return { name, options: new Set(options), unnamed: unnamed ? Number(unnamed) : options.length, length }
    })
  return { title, reason, length, filters }
}
