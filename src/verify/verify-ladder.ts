import type { KeyObject } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { FfleetError, type LadderReport, type OutputReport, type OutputWarning, type Probe } from '../contract/index.js'
import { inParallel } from '../in-parallel.js'
import {
  type Cutting,
  cutLadder,
  type Due,
  describeLadder,
  encryptLadder,
  type LadderFacts,
  ladderReport,
  MEDIA_NAME,
  mediaPlaylist,
  type Track,
  wholeSound,
} from '../ladder/index.js'
import { distinctWarnings } from '../plan/distinct-warnings.js'
import { type LadderLayout, type LadderTrack, THUMBNAILS_NAME } from '../plan/ladder/layout.js'
import type { ExpectedOutput } from '../plan/types.js'
import { fileUrl } from '../probe/formats.js'
import { requirePlainFiles } from './plain-files.js'
import { readThrough } from './read-through.js'
import { StreamMissing, type VerifiedOutput, type VerifyRequest, verifyOutput } from './verify-output.js'
import { writeWebVtt } from './webvtt.js'

/** `key`: of the output; left out: it is not encrypted. `cutting`: what began to cut it; left out: nothing did. */
type LadderRequest = VerifyRequest & {
  folder: string
  layout: LadderLayout
  key?: KeyObject | undefined
  cutting?: Cutting | undefined
}

export type VerifiedLadder = {
  /** Of the largest picture. */
  probe: Probe
  verified: OutputReport['verified']
  ladder: LadderReport
  warnings: OutputWarning[]
}

/** Tracks that are looked at beside one another: most of the time of a short one is that of a process which starts. */
const TRACKS_AT_ONCE = 4

/**
 * Holds each track of a ladder against what was to be expected of it, makes the folder of them, and reads that as a player would: by
 * its playlists, from the first segment of every track to the last, and encrypts it where it is to be. Of each segment of a picture the first frame is decoded; of the
 * largest picture three places whole, where the encode took long.
 *
 * @throws FfleetError OUTPUT_INVALID, naming the track.
 */
export async function verifyLadder(request: LadderRequest): Promise<VerifiedLadder> {
  const { folder, layout, path, signal, cutting } = request
  const [top] = layout.pictures
  const pictures = await inParallel(layout.pictures, TRACKS_AT_ONCE, signal, (rung, stop) =>
    verifyTrack(rung, rung.file, { ...request, sample: request.sample === true && rung === top, signal: stop }),
  )
  const beside = await verifyBeside(request)
  for (const { file } of [...layout.sounds, ...layout.subtitles]) await requirePlainFiles(join(folder, file))
  const cut = await (cutting?.end() ?? cutLadder(layout, { folder, into: path, signal }))
  const sounds: VerifiedOutput[] = []
  for (const [n, sound] of layout.sounds.entries()) {
    if (cut.sounds[n]!.segments.length === 0) throw new StreamMissing('audio', n, true)
    sounds.push(await verifyTrack(sound, wholeSound(sound), { ...request, sample: false }))
  }
  if (layout.keyUri === undefined) await describeLadder(layout, cut, path)
  const tracks = [
    ...cut.pictures.map((track) => ({ track, readAll: readPictures })),
    ...cut.sounds.map((track) => ({ track, readAll: readSound })),
  ]
  await inParallel(tracks, TRACKS_AT_ONCE, signal, ({ track, readAll }, stop) =>
    readAll(track, (_, how, what) => readTrack(track, how, what, { ...request, signal: stop })),
  )
  const facts = layout.keyUri === undefined ? cut : await encrypt(cut, request)
  const all = [...pictures, ...sounds].map(({ verified }) => verified.duration)
  const [largest] = pictures
  return {
    probe: largest!.probe,
    verified: {
      duration: all.includes(false) ? false : all.includes(null) ? null : true,
      streams: true,
      decodes: true,
    },
    ladder: { ...ladderReport(facts), ...beside },
    warnings: distinctWarnings([...pictures, ...sounds].flatMap(({ warnings }) => warnings)),
  }
}

/** While nothing but sheets is in the folder. */
async function verifyBeside(request: LadderRequest): Promise<Pick<LadderReport, 'poster' | 'thumbnails'>> {
  const { folder, path, layout } = request
  const { poster, thumbnails } = layout
  const sheets = thumbnails && (await writeWebVtt(path, thumbnails, THUMBNAILS_NAME))
  const looked = { ...request, sample: false }
  if (sheets) await verifyOutput({ ...looked, isFolder: true, expected: SHEETS })
  if (poster) {
    await verifyTrack(poster, poster.file, looked)
    await rename(join(folder, poster.file), join(path, poster.name))
  }
  return {
    ...(poster && { poster: poster.name }),
    ...(sheets && { thumbnails: { index: THUMBNAILS_NAME, sheets } }),
  }
}

const SHEETS: ExpectedOutput = { durationUs: null, streams: { video: 1, audio: 0 } }

async function encrypt(cut: LadderFacts, { path: into, layout, key, signal }: LadderRequest): Promise<LadderFacts> {
  if (key === undefined) throw new Error('An encrypted ladder without a key.')
  const facts = await encryptLadder(cut, { into, key, signal })
  await describeLadder(layout, facts, into)
  return facts
}

async function verifyTrack(
  { name, expected }: Pick<LadderTrack, 'name' | 'expected'>,
  file: string,
  request: VerifyRequest & { folder: string },
): Promise<VerifiedOutput> {
  const path = join(request.folder, file)
  await requirePlainFiles(path)
  try {
    return await verifyOutput({ ...request, path, isFolder: false, expected })
  } catch (error) {
    if (!(error instanceof FfleetError) || error.code !== 'OUTPUT_INVALID' || error instanceof StreamMissing)
      throw error
    throw new FfleetError('OUTPUT_INVALID', `${name}: ${error.message}`, { cause: error })
  }
}

type ReadRequest = Pick<VerifyRequest, 'path' | 'capabilities' | 'signal'> & { folder: string }
type Read = (track: Track, how: readonly string[], what: readonly string[]) => ReturnType<typeof readThrough>

/**
 * The same of segments that are cut while others are still encoded: in the folder `path`, where ffmpeg does not write.
 *
 * @throws FfleetError OUTPUT_INVALID, naming the track.
 */
export async function verifySegments({ track, kind, from }: Due, request: ReadRequest): Promise<void> {
  const list = join(request.path, track.name, 'unverified.m3u8')
  await writeFile(list, mediaPlaylist(track, { from }))
  const read: Read = (_, how, what) => readList(list, how, what, request)
  await (kind === 'video' ? readPictures(track, read) : readSound(track, read)).finally(() => rm(list))
}

async function readPictures(track: Track, read: Read) {
  const { lastBlock, errors, ok } = await read(track, ['-skip_frame', 'nokey'], ['-map', '0:v:0'])
  const { length } = track.segments
  // Some decoders, such as those of AV1, pass over none: then every frame has to be there.
  const all = track.segments.reduce((sum, { frames }) => sum + frames, 0)
  const decoded = lastBlock?.frame ?? 0
  if (ok && errors.length === 0 && (decoded === length || decoded === all)) return
  throw unreadable(track, `${decoded} of its ${length} key frames can be decoded`, errors)
}

async function readSound(track: Track, read: Read) {
  const { errors, ok } = await read(track, [], ['-map', '0:a:0', '-c', 'copy'])
  if (!ok || errors.length > 0) throw unreadable(track, 'it can not be read through', errors)
}

async function readTrack(
  track: Track,
  how: readonly string[],
  what: readonly string[],
  request: ReadRequest & { layout: LadderLayout },
) {
  const { path, folder, layout } = request
  let playlist = join(path, track.name, MEDIA_NAME)
  if (layout.format === 'dash' || layout.keyUri !== undefined) {
    // It has none of its own, or none yet; other outputs are verified at the same time.
    playlist = join(folder, `${basename(path)}.${track.name}.m3u8`)
    await writeFile(playlist, mediaPlaylist(track, { segmentsIn: join(path, track.name) }))
  }
  return readList(playlist, how, what, request)
}

function readList(
  playlist: string,
  how: readonly string[],
  what: readonly string[],
  { folder, capabilities, signal }: ReadRequest,
) {
  const args = [...how, '-protocol_whitelist', 'file', '-f', 'hls', '-i', fileUrl(playlist)]
  return readThrough([...args, ...what, '-f', 'null', '-'], { capabilities, signal }, { view: { reads: [folder] } })
}

function unreadable({ name }: Track, what: string, errors: readonly string[]): FfleetError {
  const said = errors.length > 0 ? `: ${errors[0]}` : ''
  return new FfleetError('OUTPUT_INVALID', `${name} is not whole: ${what}${said}.`)
}
