import { readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FfleetError } from '../contract/index.js'
import { isThumbnailOf, SHEET_NAME, type SpriteLayout } from '../plan/sprites.js'

/**
 * Writes an index beside the sheets that ffmpeg left in `folder`: for each interval the sheet and, as `#xywh`, the
 * place of its thumbnail, which is what players expect. Sheets that are not there get no cues. Gives the number of sheets;
 * throws `OUTPUT_INVALID` when there is no sheet.
 */
export async function writeWebVtt(folder: string, layout: SpriteLayout, name = 'index.vtt'): Promise<number> {
  const sheets = (await readdir(folder)).filter((name) => SHEET_NAME.test(name)).sort()
  if (sheets.length === 0) throw new FfleetError('OUTPUT_INVALID', 'ffmpeg made no thumbnails.')
  const cues = spriteCues(sheets, { ...layout, count: layout.count ?? (await countThumbnails(folder)) })
  await writeFile(join(folder, name), `WEBVTT\n\n${cues.join('\n\n')}\n`)
  return sheets.length
}

/** Those that the sheets were put together of. Null when they are gone, for then every place of a sheet may be filled. */
async function countThumbnails(folder: string): Promise<number | null> {
  const names = await readdir(dirname(folder))
  return names.filter((name) => isThumbnailOf(basename(folder), name)).length || null
}

/** The cues for sheets that are filled row by row. The last sheet may be filled in part, which its name does not tell. */
export function spriteCues(sheets: readonly string[], layout: SpriteLayout): string[] {
  const { intervalMs, columns, rows, width, height, count, durationUs } = layout
  const perSheet = columns * rows
  const total = Math.min(sheets.length * perSheet, count ?? Number.POSITIVE_INFINITY)
  const endMs = durationUs === null ? Number.POSITIVE_INFINITY : durationUs / 1_000
  return Array.from({ length: total }, (_, i) => {
    const place = i % perSheet
    const x = (place % columns) * width
    const y = Math.floor(place / columns) * height
    const from = clock(i * intervalMs)
    const to = clock(Math.min((i + 1) * intervalMs, endMs))
    return `${from} --> ${to}\n${sheets[Math.floor(i / perSheet)]}#xywh=${x},${y},${width},${height}`
  })
}

/** `HH:MM:SS.mmm`, hours without bound. */
function clock(ms: number): string {
  const whole = Math.round(ms)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const hours = two(whole / 3_600_000)
  return `${hours}:${two((whole / 60_000) % 60)}:${two((whole / 1_000) % 60)}.${String(whole % 1_000).padStart(3, '0')}`
}
