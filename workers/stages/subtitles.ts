import { read } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { FfleetError, type Probe, type SubtitleFileRequest } from '../../src/contract/index.js'
import type { SubtitleFile } from '../../src/plan/index.js'
import { NO_FACTS } from '../../src/probe/no-facts.js'
import { MOST_SUBTITLE_BYTES, partOf, readSubtitles, SUBTITLE_FORMS } from '../../src/probe/subtitle-file.js'
import type { JobContext } from '../context.js'
import type { FetchedInput } from './fetch.js'

/**
 * Reads the files of subtitles beside the input, and writes the part of each that is asked for into the attempt's folder, under a name of
 * ours: what ffmpeg reads is UTF-8 of a known form, cut where the film is.
 *
 * Throws `SUBTITLES_NOT_READABLE`, and `INPUT_TOO_LARGE`.
 */
export async function placeSubtitles(
  { request, folder }: Pick<JobContext, 'request' | 'folder'>,
  fetched: readonly FetchedInput[],
  probe: Probe,
): Promise<SubtitleFile[]> {
  const { subtitles = [], startMs, endMs } = request.input
  const fromUs = (startMs ?? 0) * 1_000
  const endUs = Math.min(
    endMs === null ? Number.POSITIVE_INFINITY : endMs * 1_000,
    probe.durationUs ?? Number.POSITIVE_INFINITY,
  )
  const limitUs = Number.isFinite(endUs) ? Math.max(0, endUs - fromUs) : null
  const placed: SubtitleFile[] = []
  for (const [n, file] of subtitles.entries()) {
    const { held } = fetched.find(({ uri }) => uri === file.uri)!
    const field = `input.subtitles[${n}].uri`
    const sheet = readSubtitles(await bytesOf(held, field), field)
    const { text, cues } = partOf(sheet, { fromUs, limitUs, offsetUs: (file.offsetMs ?? 0) * 1_000 })
    const inputPath = `subtitles-${n + 1}.${sheet.format}`
    await writeFile(join(folder, inputPath), text, { flag: 'wx' })
    const { codec, demuxer } = SUBTITLE_FORMS[sheet.format]
    const stream = trackOf(file, { index: probe.streams.length + n, codec, packets: cues })
    placed.push({ inputPath, demuxer, stream, title: file.title ?? null, isForced: file.forced ?? false })
  }
  return placed
}

function trackOf(
  { language = 'und', default: isDefault = false }: SubtitleFileRequest,
  told: { index: number; codec: string; packets: number },
): SubtitleFile['stream'] {
  return {
    ...NO_FACTS,
    ...told,
    type: 'subtitle',
    durationUs: null,
    startUs: null,
    clockJumps: false,
    bitrate: null,
    language: language === 'und' ? null : language,
    isDefault,
  }
}

const readAt = promisify(read)

/** All of an open file, of which it may be read more than once. */
async function bytesOf({ descriptor, bytes }: FetchedInput['held'], field: string): Promise<Uint8Array> {
  if (bytes > MOST_SUBTITLE_BYTES) {
    const detail = `\`${field}\` has ${bytes} bytes; subtitles of at most ${MOST_SUBTITLE_BYTES} are read.`
    throw new FfleetError('INPUT_TOO_LARGE', detail, { hint: 'Name a file of subtitles, not a film.' })
  }
  const buffer = Buffer.alloc(bytes)
  let filled = 0
  while (filled < bytes) {
    const { bytesRead } = await readAt(descriptor, buffer, filled, bytes - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
