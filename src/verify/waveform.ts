import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FfleetError } from '../contract/index.js'
import { HIGHEST, LOWEST, type WaveformLayout } from '../plan/waveform-layout.js'
import { requirePlainFiles } from './plain-files.js'
import { encodePng, type Palette } from './png.js'

/** The least and the greatest sample of a part of the sound; full scale is -1 to 1. */
export type Point = { lowest: number; highest: number }

const COLOURS: Palette = [
  [255, 255, 255, 0],
  [91, 141, 239, 255],
]

/**
 * Makes a waveform output of the points that ffmpeg left in `folder`: a PNG, or JSON as BBC's audiowaveform writes it (version
 * 2, 8 bits). Gives how much sound it shows, in µs; throws `OUTPUT_INVALID` when there are none.
 */
export async function writeWaveform(path: string, folder: string, layout: WaveformLayout): Promise<number> {
  const found = await readPoints(folder, layout)
  if (found.length === 0) throw new FfleetError('OUTPUT_INVALID', 'ffmpeg found no sound that can be decoded.')
  const together = Math.ceil(found.length / layout.width)
  const points = merged(found, together)
  const { width, height } = layout
  await writeFile(
    path,
    height === null
      ? waveformJson(points, layout.sampleRate, layout.samplesPerPoint * together)
      : drawWaveform(points, { width, height }),
  )
  return ((found.length * layout.samplesPerPoint) / layout.sampleRate) * 1e6
}

async function readPoints(folder: string, { files }: WaveformLayout): Promise<Point[]> {
  const [lowest, highest] = await Promise.all([
    readFigures(join(folder, files.lowest), LOWEST),
    readFigures(join(folder, files.highest), HIGHEST),
  ])
  const count = Math.min(lowest.length, highest.length)
  return Array.from({ length: count }, (_, i) => ({ lowest: lowest[i]!, highest: highest[i]! }))
}

async function readFigures(path: string, key: string): Promise<number[]> {
  await requirePlainFiles(path)
  const figures: number[] = []
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      if (line.startsWith(`${key}=`)) figures.push(Number(line.slice(key.length + 1)) || 0)
    }
  } catch (error) {
    // Of a sound without a sample there is no file.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return figures
}

/** So many neighbours become one point. */
function merged(points: readonly Point[], together: number): Point[] {
  return Array.from({ length: Math.ceil(points.length / together) }, (_, i) =>
    span(points, i * together, (i + 1) * together),
  )
}

function span(points: readonly Point[], from: number, to: number): Point {
  const part = points.slice(from, to)
  return {
    lowest: part.reduce((least, { lowest }) => Math.min(least, lowest), Number.POSITIVE_INFINITY),
    highest: part.reduce((most, { highest }) => Math.max(most, highest), Number.NEGATIVE_INFINITY),
  }
}

/** https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md */
function waveformJson(points: readonly Point[], sampleRate: number, samplesPerPixel: number): string {
  const inBits = (value: number) => Math.max(-128, Math.min(127, Math.round(value * 128)))
  return JSON.stringify({
    version: 2,
    channels: 1,
    sample_rate: sampleRate,
    samples_per_pixel: samplesPerPixel,
    bits: 8,
    length: points.length,
    data: points.flatMap(({ lowest, highest }) => [inBits(lowest), inBits(highest)]),
  })
}

/** Full scale fills the height; silence is a line of one pixel. */
function drawWaveform(points: readonly Point[], size: { width: number; height: number }): Buffer {
  const { width, height } = size
  const rowOf = (value: number) => Math.max(0, Math.min(height - 1, Math.floor(((1 - value) / 2) * height)))
  const columns = Array.from({ length: width }, (_, x) => {
    const from = Math.floor((x * points.length) / width)
    const to = Math.max(from + 1, Math.floor(((x + 1) * points.length) / width))
    const { lowest, highest } = span(points, from, to)
    return { top: rowOf(highest), bottom: rowOf(lowest) }
  })
  return encodePng(size, COLOURS, (x, y) => y >= columns[x]!.top && y <= columns[x]!.bottom)
}
