/** Outputs that are encoded in parts: each is kept when it is proved, and taken where it is kept already. ADR 49. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Probe } from '../../src/contract/index.js'
import type { FfmpegResult } from '../../src/ffmpeg/index.js'
import { type Pass, type PassGroup, partFile } from '../../src/plan/index.js'
import { selectStreams } from '../../src/plan/select-streams.js'
import { MATROSKA_DEMUXER, MP4_DEMUXER } from '../../src/probe/formats.js'
import { type FrameList, listFrames } from '../../src/probe/frame-list.js'
import { joinTracks, proveSegment, proveWhole, readSegment, SegmentInvalid } from '../../src/segments/index.js'
import { type OpenInput, requireUnchanged, writeError } from '../../src/storage/index.js'
import { type AttemptContext, type JobContext, throwIfStopped } from '../context.js'
import type { FetchedInput } from './fetch.js'

/** What is kept of a pass for verification. */
export type PassSaid = Pick<FfmpegResult, 'warnings' | 'errors' | 'usage'>

/** A pass that makes a part, and its place among all of the attempt. */
export type PlacedPass = { pass: Pass; index: number }

/** The same, and the name of what it makes. */
export type Part = PlacedPass & { name: string }

/** Listing reads all of a file, without decoding: hours of it at the speed of a disk. */
const LIST_MS = 30 * 60_000

/** The pictures of the film that is taken of a file; null where they can't be told. */
export async function framesOf(
  { capabilities, config, folder, signal }: JobContext,
  { link, held, probe }: FetchedInput & { probe: Probe },
): Promise<FrameList | null> {
  const { ffprobe, enclosure } = capabilities
  const { video } = selectStreams(probe, { ...config, startUs: 0 })
  if (ffprobe === null || video === null) return null
  const { container } = probe
  const { index } = video.stream
  const file = join(folder, link)
  return listFrames({
    file,
    held,
    ffprobe,
    enclosure,
    container,
    stream: index,
    limits: config,
    timeoutMs: LIST_MS,
    signal,
  })
}

/** The part that a pass makes, under its name (`nameOf`), made by `encode` unless it is kept: its files, and what ffmpeg said if it ran. */
export async function makePart(
  context: Pick<JobContext, 'storage' | 'folder' | 'signal' | 'log'>,
  { held }: FetchedInput,
  { pass, name }: Pick<Part, 'pass' | 'name'>,
  encode: () => Promise<FfmpegResult>,
): Promise<{ paths: string[]; result: FfmpegResult | null }> {
  const kept = await keptPart(context, pass, name)
  if (kept !== null) return { paths: kept, result: null }
  const result = await encode()
  const made = namesOf(pass, name).map((each, n) => ({ name: each, path: join(context.folder, partFile(n)) }))
  for (const { path } of made) proveSegment(await readSegment(path), pass.part!)
  await requireUnchanged(held)
  const paths: string[] = []
  for (const each of made) paths.push(await context.storage.parts.keep(each.name, each.path))
  return { paths, result }
}

/**
 * Where the files of a part are kept, by this host or others; null: not all of them are. They were proved; they may have been hurt since. What
 * can't be asked for is made anew.
 */
export async function keptPart(
  { storage, signal, log }: Pick<JobContext, 'storage' | 'signal' | 'log'>,
  pass: Pass,
  name: string,
): Promise<string[] | null> {
  const paths: string[] = []
  try {
    for (const each of namesOf(pass, name)) {
      const kept = await storage.parts.find(each, signal)
      if (kept === null) return null
      proveSegment(await readSegment(kept), pass.part!)
      paths.push(kept)
    }
    return paths
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof SegmentInvalid)) log.warn({ err: error }, 'a part can not be looked for')
    return null
  }
}

/** Has a part found by other hosts, which is kept here. Where that fails they make it anew. */
export async function sharePart(
  { storage, log }: Pick<JobContext, 'storage' | 'log'>,
  { pass, name }: Pick<Part, 'pass' | 'name'>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const each of namesOf(pass, name)) await storage.parts.share(each, signal)
  } catch (error) {
    if (!signal.aborted) log.warn({ err: error }, 'a part can not be shared with other hosts')
  }
}

/** What its files are kept under. */
function namesOf({ part }: Pass, name: string): string[] {
  return Array.from({ length: part!.tracks }, (_, n) => `${name}-${n}`)
}

/** Puts parts together, `paths` the files of each. Gives the times of their pictures, in µs. @throws SegmentInvalid */
export async function joinParts(
  { folder, signal }: AttemptContext,
  paths: readonly (readonly string[])[],
  { into, isStream }: NonNullable<PassGroup['joins']>,
): Promise<number[]> {
  try {
    const files = into.map((file) => join(folder, file))
    return await joinTracks(paths, files, { isStream, signal })
  } catch (error) {
    throwIfStopped(signal)
    throw error instanceof SegmentInvalid ? error : writeError(error, 'The parts of the output cannot be joined')
  }
}

/** Reads what came of them, as somebody else would. @throws SegmentInvalid unless it has these pictures, each at its time. */
export async function proveJoined(
  context: AttemptContext,
  relativePath: string,
  times: readonly number[],
): Promise<void> {
  const { capabilities, folder, signal } = context
  const { ffprobe, enclosure } = capabilities
  const file = join(folder, relativePath)
  const container = /\.(mp4|mov)$/.test(relativePath) ? MP4_DEMUXER : MATROSKA_DEMUXER
  const frames = await listFrames({
    file,
    ffprobe: ffprobe!,
    enclosure,
    container,
    stream: 'v:0',
    timeoutMs: LIST_MS,
    signal,
  })
  if (frames === null) throw new SegmentInvalid('the whole can not be read')
  proveWhole(frames.times, times)
}

/** By all that its bytes rest on: the input's, what ffmpeg is told, and which ffmpeg that is. */
export async function nameOf(
  { capabilities, signal }: Pick<JobContext, 'capabilities' | 'signal'>,
  { held }: FetchedInput,
  { args }: Pass,
): Promise<string> {
  const rests = JSON.stringify([await hashOf(held, signal), capabilities.build, args])
  return createHash('sha256').update(rests).digest('hex')
}

const hashes = new WeakMap<OpenInput, Promise<string>>()

/** Of all of its bytes; read once while it is open. */
function hashOf(held: OpenInput, signal: AbortSignal): Promise<string> {
  const known = hashes.get(held)
  if (known !== undefined) return known
  const reading = readHash(held, signal)
  hashes.set(held, reading)
  // Who was stopped while it was read leaves nothing for the next one.
  reading.catch(() => hashes.delete(held))
  return reading
}

async function readHash({ path, descriptor }: OpenInput, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const bytes = createReadStream(path, { fd: descriptor, autoClose: false, start: 0, signal })
  for await (const chunk of bytes) hash.update(chunk)
  return hash.digest('hex')
}
