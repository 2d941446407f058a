import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FfleetError, type OutputReport, type OutputWarning } from '../contract/index.js'
import type { Extracted } from '../plan/types.js'
import { cutCues, readCues, writeCues } from '../probe/cues.js'
import { packetSizes } from '../probe/packet-list.js'
import { requirePlainFiles } from './plain-files.js'
import type { VerifyRequest } from './verify-output.js'

export type VerifiedExtracted = {
  /** They are no media. */
  probe: null
  verified: OutputReport['verified']
  warnings: OutputWarning[]
}

/**
 * Holds what was taken out of a film against what is in it: subtitles by the number of their cues, and cuts them to the range that was
 * asked for; attachments by their names and sizes.
 *
 * @throws FfleetError OUTPUT_INVALID
 */
export async function verifyExtracted(
  request: Pick<VerifyRequest, 'path'> & { extracted: Extracted },
): Promise<VerifiedExtracted> {
  const { path, extracted } = request
  const warnings =
    extracted.of === 'subtitles' ? await checkCues(path, extracted) : await checkFiles(path, extracted.files)
  return { probe: null, verified: { duration: null, streams: true, decodes: null }, warnings }
}

async function checkCues(path: string, extracted: Extracted & { of: 'subtitles' }): Promise<OutputWarning[]> {
  const { format, cues: list, emptyBytes, startUs, limitUs } = extracted
  const text = await readText(path)
  const sheet = readCues(text, format)
  const listed = join(dirname(path), list)
  await requirePlainFiles(listed)
  const there = packetSizes(await readText(listed)).filter((bytes) => bytes > emptyBytes).length
  const { length } = sheet.cues
  if (length === 0 && there > 0) throw invalid(`None of the ${there} cues of the subtitles could be written.`)
  const isPart = startUs > 0 || limitUs !== null
  if (isPart) await writeFile(path, writeCues(cutCues(sheet, startUs, limitUs)))
  if (length >= there) return []
  return [{ code: 'PARTLY_UNDECODABLE', detail: `${length} of ${there} cues of the subtitles are there.` }]
}

async function checkFiles(path: string, files: (Extracted & { of: 'attachments' })['files']): Promise<OutputWarning[]> {
  const names = new Set(await readdir(path).catch(() => []))
  for (const { name, bytes } of files) {
    if (!names.has(name)) throw invalid(`The attachment ${name} was not written.`)
    const { size } = await stat(join(path, name))
    if (bytes !== null && size !== bytes) throw invalid(`The attachment ${name} has ${size} of ${bytes} bytes.`)
  }
  return []
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw invalid('ffmpeg wrote no output.')
  })
}

function invalid(detail: string): FfleetError {
  return new FfleetError('OUTPUT_INVALID', detail)
}
