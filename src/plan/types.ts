import type {
  FoundQuality,
  NormalizedInput,
  NormalizedOutput,
  OutputWarning,
  Phase,
  Preset,
  Probe,
  ProbeStream,
  SubtitleFormat,
  TextField,
} from '../contract/index.js'
import type { Capabilities } from '../ffmpeg/capabilities.js'
import type { ReadingLimits, SubtitleDemuxer } from '../probe/formats.js'
import type { FrameList } from '../probe/frame-list.js'
import type { PassPlan } from '../progress/index.js'
import type { ExpectedOutput } from './expected-output.js'
import type { HardwareEncoding, UsableEncoder } from './hardware/index.js'
import type { LadderLayout } from './ladder/layout.js'
import type { Split } from './split/types.js'
import type { SpriteLayout } from './sprites.js'
import type { WaveformLayout } from './waveform-layout.js'

export type { ExpectedOutput, ExpectedPart, ExpectedPicture, ExpectedSound, LosslessProof } from './expected-output.js'

/** A file on this machine. `inputPath` as ffmpeg sees it: absolute, or relative to the attempt folder. */
export type ReadFile = { inputPath: string; probe: Probe }

/**
 * Subtitles in a file of their own, made ready: UTF-8, cut to the range that is asked for, their times counted from its begin.
 * `stream`: as a track of the input, behind its own; the probe of the input has it, too.
 */
export type SubtitleFile = {
  inputPath: string
  demuxer: SubtitleDemuxer
  stream: ProbeStream
  /** Null: it has none. */
  title: string | null
  isForced: boolean
}

/** An input as it is played: the file, what of it, and how. */
export type Clip = Omit<NormalizedInput, 'uri' | 'name' | 'soundtrack' | 'subtitles'> &
  ReadFile & {
    soundtrack?: ReadFile
    /** Its name among files, without the ending; left out: it has none. */
    title?: string
  }

/** An output that a preset makes. */
export type PresetOutput = NormalizedOutput & { recipe: Preset }

export type PlanInput = ReadFile & {
  /** Of the job, in its order; the recipes are what counts. */
  outputs: readonly PresetOutput[]
  startMs: number | null
  endMs: number | null
  /** Files of subtitles beside that one file, or beside what is played alone; left out: none. */
  beside?: readonly SubtitleFile[]
  /** What is played one after another in the place of that one file; left out: nothing. */
  clips?: readonly Clip[]
  /** What the sender says of the whole input. Taken for progress, never for verification. */
  expectedDurationMs: number | null
  capabilities: Pick<Capabilities, 'encoders' | 'filters' | 'fpsMode' | 'major' | 'minor'>
  /** Facts of watermarks, by the uri of each; left out: there are none. */
  images?: ReadonlyMap<string, Probe>
  /** What fields of texts stand for; left out: nothing. */
  said?: Said
  /** Streams, by index, that turned out to hold nothing that can be decoded; left out: none so far. */
  undecodable?: ReadonlySet<number>
  /** The pictures of its video, for outputs that may be encoded in parts; null: they can't be told; left out: nobody asked. */
  frames?: FrameList | null
  /** What was found for outputs already, by name; left out: nothing. */
  settled?: ReadonlyMap<string, FoundQuality>
  /** What outputs may be encoded with beside software; left out: nothing. */
  hardware?: readonly UsableEncoder[]
  limits?: ReadingLimits & { maxPixels?: number | null; maxDurationMs?: number | null }
}

/** What fields of a text stand for, but for those that follow the film and the output. */
export type Said = Record<Exclude<TextField, 'time' | 'frame' | 'name'>, string>

export type GroupOutput = {
  /** Of the job's output. */
  name: string
  /** Where ffmpeg writes, relative to the attempt folder: a name of ours. A folder has to be there before the first pass. */
  relativePath: string
  isFolder: boolean
  expected: ExpectedOutput
  /** The streams of the input it is made from, by index; `cover` left out where none is carried. */
  from: { video: number | null; audio: number[]; subtitles: number[]; cover?: number }
  /** What the person who sent the job should know, such as streams that are left out. */
  warnings: OutputWarning[]
  /** For the index that is written when the sheets are there; null for everything else. */
  sprites: SpriteLayout | null
  /** For what is drawn or written of the points that ffmpeg found; left out for everything else. */
  waveform?: WaveformLayout
  /** For what is cut into segments and described when ffmpeg is done; left out for everything else. */
  ladder?: LadderLayout
  /** For what is taken out of a film as it is; left out for everything else. */
  extracted?: Extracted
  /** What encodes its picture, where that is not software. */
  hardware?: HardwareEncoding
  /** What has to be in the attempt folder for what is drawn on its picture; left out: nothing is drawn. */
  drawn?: Drawn
  /** Subtitles become part of its picture. */
  burnsSubtitles?: true
  /** What it was to achieve; left out: its settings were given. */
  sought?: SoughtQuality
}

/** Names are ours, in the attempt folder. */
export type Drawn = {
  /** The file that `uri` names, as a PNG of red, green, blue and alpha. */
  image: { uri: string; file: string } | null
  /** What `drawtext` reads, what letters it draws, and the font. */
  text: { file: string; text: string; letters: string; font: string } | null
}

export type Extracted =
  | {
      of: 'subtitles'
      format: SubtitleFormat
      /** Beside the output: ffmpeg's list of the packets of the track. */
      cues: string
      /** A packet of so many bytes has nothing to show. */
      emptyBytes: number
      /** What is asked for of it. */
      startUs: number
      limitUs: number | null
    }
  /** `bytes` as the container tells them; null where it does not. */
  | { of: 'attachments'; files: { name: string; bytes: number | null }[] }

/** One ffmpeg output that makes nothing but a file of figures, which later passes of the group rest on. */
export type Measure = {
  /** From `-map` to `-f null -`; equal ones of a group are run once. */
  args: string[]
  /** What of the input it looks at: how long that lasts, the pass is expected to. */
  reads: 'video' | 'audio'
  /** Share of work, in units of one encoded video. */
  cost: number
}

/** A value that is known when the measuring pass has ended. */
export type Measured = {
  /** Stands for it in the arguments until then, readable: what a dry run shows. */
  token: string
  /** What measures wrote, by name in the attempt folder. */
  files: readonly string[]
  /** Out of the texts of those files; of a long one the beginning and the end. Reads numbers and writes filters, for it becomes ffmpeg's argument. */
  value(texts: readonly string[]): string
}

/** A pass that looks at a few pictures all over the range, and the time of the best of them for the pass behind it. */
export type BetterSpots = { args: string[]; argsIfEmpty: string[]; best: Measured }

/** A pass in front of those of its output, equal ones of a group run once; and what its files tell. */
export type Preparation = { args: string[]; measured: Measured }

/** How the crf of a film is found. */
export type QualitySearch = {
  /** For the options of the encoder: the crf itself, or what stands for it until it is found. */
  crf: string
  measured: Measured[]
  /** In front of its own; the weights are costs in units of the one encode. */
  passes: Pass[]
  sought: SoughtQuality
}

/** For whoever looks at the output. */
export type SoughtQuality = {
  /** Of the attempt folder, for `found`. */
  files: readonly string[]
  found(texts: readonly string[]): { quality: Omit<FoundQuality, 'ms'> & { ms?: number }; warnings: OutputWarning[] }
  maxBytes: number | null
  /** The crf for an output that came out with so many bytes; null: it is small enough, or none would make it so. */
  crfFor(crf: number, bytes: number): number | null
}

/** What an output has to know of its input before it is made. */
export type Measuring = { measures: readonly Measure[]; measured: readonly Measured[] }

export type Pass = {
  label: string
  /** What comes after the global options. Paths are relative to the attempt folder. */
  args: string[]
  /** Values of the pass before it for which tokens stand in `args` and `argsIfEmpty`; left out: none. */
  measured?: readonly Measured[]
  /** When figures of passes before it say that it is not needed; left out: it always is. */
  needless?: { files: readonly string[]; isSo(texts: readonly string[]): boolean }
  /** What the attempt does in the meantime; left out: it encodes. */
  phase?: Phase
  /** What to run in its place should it end well without a single frame; left out: nothing. */
  argsIfEmpty?: string[]
  /** Path of the input where the pass reads all of it from front to back, so that its place there tells how far it is; else null. */
  wholeInput: string | null
  plan: PassPlan
  /**
   * It encodes a part of a film into so many files, `partFile`, each with pictures at these times, in µs; left out: it encodes no part.
   * `isExact`: with no others.
   */
  part?: { times: readonly number[]; isExact: boolean; tracks: number }
}

/** Outputs that are made together: one decoding, one ffmpeg process a pass, the passes one after another. */
export type PassGroup = {
  label: string
  outputs: GroupOutput[]
  passes: Pass[]
  /**
   * What the parts that its passes make are joined into, a file for each of their tracks, in front of any pass behind them; whether with
   * the times of a stream (`joinTracks`); and the files that must hold the pictures of all parts in the end. In the attempt folder;
   * left out: none makes a part.
   */
  joins?: { into: readonly string[]; isStream: boolean; proved: readonly string[] }
  /** What has to be there before the first pass, in the attempt folder; left out: nothing. */
  texts?: readonly TextFile[]
}

/** A file of ours that ffmpeg reads beside the inputs. */
export type TextFile = { relativePath: string; text: string }

/** One output, ready to be put into a group. */
export type PlannedOutput = GroupOutput &
  Measuring & {
    kind: Preset['kind']
    /** Options and path of the only or the second pass. */
    args: string[]
    /** The same of further files that the same pass writes; left out: none. */
    further?: string[][]
    /** Options of the input, of what is read by itself; left out: those of all. */
    inputArgs?: string[]
    /** What is read by itself, opened; left out: the input. */
    opens?: string[]
    /** What has to be taken out of files before it can be drawn into the picture; left out: nothing. */
    prepares?: Preparation
    /** Those of the first of two passes; null: there is one. */
    analyseArgs: string[] | null
    /** Those of a pass behind it that puts thumbnails together; null: there is none. */
    sheetArgs: string[] | null
    /** Frames that ffmpeg will have counted at its end; null where that can't be known. */
    frames: number | null
    /** Share of work, in units of one encoded video. */
    cost: number
    /** Of one picture: where to look for a better one first; left out: it is taken where it is. */
    spots?: BetterSpots
    /** One picture beside it, by passes behind its own; left out: none. */
    poster?: { args: string[]; frames: number | null; spots?: BetterSpots }
    /** Encoded in parts, by passes of its own; left out: in one piece. */
    split?: Split
    /** Passes in front of its own, which are its alone; left out: none. */
    search?: QualitySearch
    /** How long it will be shows when it is made, though the length of the input is known. */
    isTrimmed?: true
  }
