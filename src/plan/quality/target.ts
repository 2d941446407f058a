import type { FoundQuality, OutputWarning } from '../../contract/index.js'
import type { Sought } from './search.js'

/** One run of ffmpeg for a try; `cost` of a second of it, where encoding a second is 1. */
export type TryPass = { args: string[]; cost: number }

/** What a crf is found for. */
export type Target = {
  /** As people read it in arguments. */
  words: string
  sought: Sought
  crfAt(place: number): number
  /** What encodes the samples at a crf and leaves a figure in the file. `name`: of other files that it needs. */
  passes(crf: string, files: { figures: string; name: string }): TryPass[]
  /** Out of the text of that file. */
  figureIn(text: string): number
  /** The logarithm of how much more than allowed the figure is. */
  excessOf(figure: number): number
  found(figure: number): Pick<FoundQuality, 'ssim' | 'expectedBytes'>
  /** What to know of an output that is made with the best there is. Throws where it would be of no use. */
  warningsOf(crf: number, figure: number): OutputWarning[]
  /** The crf for an output that was made with one and has so many bytes; null: it is small enough, or none would make it so. */
  crfFor(crf: number, bytes: number): number | null
  /** How many bytes it may have; null: any number. */
  maxBytes: number | null
}

/** What targets rest on. */
export type Encoding = {
  codec: string
  /** Of the recipe: a good one to begin with. */
  crf: number
  maxCrf: number
  /** Reads the samples, and then what else is opened. */
  inputs: readonly string[]
  /** How many inputs they are. */
  files: number
  /** Frames a second of what is read. */
  rate: string
  /** Options of the encoder at a crf. */
  options(crf: string): string[]
}

/** A crf of 0 is something else to most encoders. */
export const LEAST_CRF = 1

/** The samples after one another as one stream: filters, and what it is called. */
export function joined(files: number): { filters: string[]; label: string } {
  if (files === 1) return { filters: [], label: '0:v' }
  const parts = Array.from({ length: files }, (_, k) => `[${k}:v]`).join('')
  return { filters: [`${parts}concat=n=${files}:v=1:a=0[samples]`], label: '[samples]' }
}

/** `-map` of them, for an encoder. */
export function mapped(files: number): string[] {
  const { filters, label } = joined(files)
  return [...(filters.length > 0 ? ['-filter_complex', filters.join(';')] : []), '-map', label]
}
