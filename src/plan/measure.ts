/** Passes that measure, and passes that rest on what was measured. */
import { createHash } from 'node:crypto'
import type { Measured, Measuring } from './types.js'

/**
 * Name of the file that a measuring pass writes into the attempt folder. It follows from what is measured and how, so that
 * outputs which want to know the same have it measured once.
 */
export function measureFile(what: string, ...how: readonly string[]): string {
  return `${what}-${createHash('sha256').update(how.join('\0')).digest('hex').slice(0, 8)}.txt`
}

/** What stands in the arguments of an output for what is not known yet: its own, by its path. */
export function tokenFor(what: string, path: string): string {
  return `<${what} of ${path}>`
}

/** A filter of sound that writes one value of each frame's metadata to a file of the attempt folder, a frame at a time. */
export function writesMetadata(key: string, file: string): string {
  return `ametadata=mode=print:key=${key}:file=${file}`
}

/** Sound through filters, and nowhere. */
export function measureArgs(specifier: string, filters: readonly string[]): string[] {
  return ['-map', specifier, '-af', filters.join(','), '-f', 'null', '-']
}

/** What several parts of an output want to know. */
export function together(...parts: readonly Measuring[]): Measuring {
  return { measures: parts.flatMap(({ measures }) => measures), measured: parts.flatMap(({ measured }) => measured) }
}

/** The values of a key in such a file, in the order of the frames; NaN for what is no number. */
export function metadataIn(text: string, key: string): number[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => figureOf(line.slice(key.length + 1).trim()))
}

/** As C writes it. */
function figureOf(text: string): number {
  if (/^-?inf$/.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return text === '' ? Number.NaN : Number(text)
}

/** ffmpeg's arguments with what was measured in the place of each token. `read` gives the text of a file of the attempt folder. */
export async function withMeasured(
  args: readonly string[],
  measured: readonly Measured[],
  read: (file: string) => Promise<string>,
): Promise<string[]> {
  const values = await Promise.all(
    measured.map(async ({ token, files, value }) => [token, value(await Promise.all(files.map(read)))] as const),
  )
  return args.map((arg) => values.reduce((text, [token, value]) => text.replaceAll(token, () => value), arg))
}
