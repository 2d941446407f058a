/** Outputs that are encoded in parts: each is kept when it is proved, and taken where it is kept already. ADR 49. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Probe } from '../../src/contract/index.js'
import type { FfmpegResult } from '../../src/ffmpeg/index.js'
import { JOINED_FILE, PART_FILE, type Pass } from '../../src/plan/index.js'
import { selectStreams } from '../../src/plan/select-streams.js'
import { type FrameList, listFrames } from '../../src/probe/frame-list.js'
import { joinSegments, proveSegment, proveWhole, readSegment, SegmentInvalid } from '../../src/segments/index.js'
import type { OpenInput } from '../../src/storage/index.js'
import type { AttemptContext, JobContext } from '../context.js'
import type { FetchedInput } from './fetch.js'

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

/** The part that a pass makes, made by `encode` unless it is kept: its place, and what ffmpeg said if it ran. */
export async function makePart(
  context: AttemptContext,
  input: FetchedInput,
  pass: Pass,
  encode: () => Promise<FfmpegResult>,
): Promise<{ path: string; result: FfmpegResult | null }> {
  const { parts } = context.storage
  const name = await nameOf(context, input, pass)
  const kept = await parts.find(name)
  if (kept !== null && (await isProved(kept, pass))) return { path: kept, result: null }
  const result = await encode()
  const made = join(context.folder, PART_FILE)
  proveSegment(await readSegment(made), pass.part!)
  return { path: await parts.keep(name, made), result }
}

/** What is kept was proved; it may have been hurt since. */
async function isProved(path: string, { part }: Pass): Promise<boolean> {
  try {
    proveSegment(await readSegment(path), part!)
    return true
  } catch (error) {
    if (error instanceof SegmentInvalid) return false
    throw error
  }
}

/** Puts parts together for the pass that needs them. Gives the times of their pictures, in µs. @throws SegmentInvalid */
export async function joinParts(context: AttemptContext, paths: readonly string[]): Promise<number[]> {
  return await joinSegments(paths, join(context.folder, JOINED_FILE))
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
  const container = /\.(mp4|mov)$/.test(relativePath) ? 'mov,mp4,m4a,3gp,3g2,mj2' : 'matroska,webm'
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
async function nameOf(
  { capabilities, signal }: AttemptContext,
  { held }: FetchedInput,
  { args }: Pass,
): Promise<string> {
  const rests = JSON.stringify([await hashOf(held, signal), capabilities.build, args])
  return createHash('sha256').update(rests).digest('hex')
}

const hashes = new WeakMap<OpenInput, Promise<string>>()

/** Of all of its bytes; read once while it is open. */
function hashOf(held: OpenInput, signal: AbortSignal): Promise<string> {
  const known = hashes.get(held) ?? readHash(held, signal)
  hashes.set(held, known)
  return known
}

async function readHash({ path, descriptor }: OpenInput, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const bytes = createReadStream(path, { fd: descriptor, autoClose: false, start: 0, signal })
  for await (const chunk of bytes) hash.update(chunk)
  return hash.digest('hex')
}
