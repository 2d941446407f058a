import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  FfleetError,
  type LosslessReport,
  type MeasuredLoudness,
  type OutputReport,
  type OutputWarning,
  type Probe,
  type ProbeStream,
} from '../contract/index.js'
import type { Capabilities } from '../ffmpeg/capabilities.js'
import { tooMany } from '../plan/most-pictures.js'
import type { ExpectedOutput, ExpectedPart } from '../plan/types.js'
import { isPicture } from '../probe/formats.js'
import type { Prober } from '../probe/index.js'
import { checkChapters } from './check-chapters.js'
import { checkLossless } from './check-lossless.js'
import { checkPicture } from './check-picture.js'
import { checkSound } from './check-sound.js'
import { decodeSamples } from './decode-samples.js'
import { lettersMissing } from './letters-missing.js'
import { lookIntoFolder } from './picture-folder.js'
import { type Scan, type ScanRequest, saysTruncated, scanInput } from './scan-input.js'
import { probeWebp } from './webp.js'

export type VerifyRequest = {
  /** Absolute path of the file or folder. */
  path: string
  isFolder: boolean
  expected: ExpectedOutput
  prober: Prober
  /** Where it came from: looked at again when the output is too short. Null: from several files, or one that was changed. */
  input: Omit<ScanRequest, 'capabilities' | 'signal'> | null
  capabilities: Pick<Capabilities, 'ffmpeg' | 'statsPeriod' | 'enclosure' | 'fpsMode'>
  /** Whether parts of it are decoded: what was copied was seen by no decoder, and of a long encode it is a small part. */
  sample?: boolean
  /** Warnings and errors that ffmpeg logged while it made the output. */
  logLines: readonly string[]
  /** Subtitles were drawn into the picture; left out: none were. */
  burnsSubtitles?: boolean
  signal?: AbortSignal | undefined
}

export type VerifiedOutput = {
  probe: Probe
  verified: OutputReport['verified']
  /** Of the file, or of all files in the folder. */
  bytes: number
  /** Where a loudness was asked for. */
  loudness?: MeasuredLoudness
  /** Where it was to be without loss. */
  lossless?: LosslessReport
  /** What the person who sent the job should know although all is well. */
  warnings: OutputWarning[]
}

/** Nothing came of a stream of the input: it holds packets, but nothing that can be decoded. */
export class StreamMissing extends FfleetError {
  constructor(
    readonly type: 'video' | 'audio',
    /** Among those of its type in the output. */
    readonly position: number,
    isThere: boolean,
  ) {
    super('OUTPUT_INVALID', isThere ? `The output's ${type} is empty.` : `The output has no ${type}.`)
  }
}

/** An output may end a little before or after its input: encoders pad, containers round. */
const TOLERANCE_US = 250_000
const TOLERANCE_SHARE = 0.02

/**
 * Looks at an output before anybody sees it: it must be there, hold the expected streams, none of them empty, and last as
 * long as was expected. Exit code 0 does not tell: ffmpeg gives it for half an input, and for nothing at all.
 *
 * Throws `OUTPUT_INVALID`; `INPUT_TRUNCATED` when the output is too short because the input is cut off; `TIMED_OUT`. When
 * the input's header promised more than the input holds, the output is right and a warning says so.
 */
export async function verifyOutput(request: VerifyRequest): Promise<VerifiedOutput> {
  const folder = request.isFolder ? await lookIntoFolder(request.path, request.expected) : null
  const file = folder ? join(request.path, folder.first) : request.path
  const probe = await probeOutput(file, request)
  const { bytes } = folder ?? probe
  checkStreams(probe, request)
  checkCount(probe, request.expected)
  const pictured = checkPicture(probe, request.expected.picture)
  await checkChapters(file, request)
  const { verified, warnings } = await checkDuration(probe, request)
  const sound = await checkSound(probe, request)
  const proof = await checkLossless(probe.container, request)
  const isSampled = request.sample && !request.expected.isAnimatedWebp
  const sampled = isSampled ? await checkDecoding(probe, file, request) : NOT_SAMPLED
  return {
    probe,
    verified: { duration: verified, streams: true, decodes: sampled.decodes },
    bytes,
    ...sound,
    ...proof,
    warnings: [
      ...checkCover(probe, request),
      ...pictured,
      ...(folder?.partly ? [partly(folder.partly)] : []),
      ...warnings,
      ...sound.warnings,
      ...sampled.warnings,
      ...(request.burnsSubtitles ? lettersMissing(request.logLines) : []),
    ],
  }
}

async function lookAtFile(path: string): Promise<{ file: string; bytes: number }> {
  const facts = await stat(path).catch(() => null)
  if (facts === null || facts.size === 0) throw invalid('ffmpeg wrote no output.')
  return { file: path, bytes: facts.size }
}

async function probeOutput(file: string, { expected, prober, signal, logLines }: VerifyRequest): Promise<Probe> {
  const { beside, isAnimatedWebp } = expected
  if (isAnimatedWebp) return probeWebp(file)
  try {
    const everyStream = beside !== undefined && (beside.subtitles > 0 || beside.chapters !== null)
    return await prober.probe(file, { signal, role: 'output', everyStream })
  } catch (error) {
    if (!(error instanceof FfleetError) || error.code === 'TIMED_OUT') throw error
    await lookAtFile(file) // no output at all fails here too, and is to be called that
    // An MP4 without a single packet is what a range past the end leaves, or an input that is cut off early.
    if (saysTruncated(logLines)) throw truncated('The input is cut off before anything could be made of it.')
    throw new FfleetError('OUTPUT_INVALID', `The output can't be read: ${error.message}`, { cause: error })
  }
}

function checkStreams(probe: Probe, { expected, logLines }: VerifyRequest): void {
  for (const type of ['video', 'audio'] as const) {
    const streams = probe.streams.filter((stream) => stream.type === type && !stream.attachedPicture)
    const filled = streams.filter((stream) => !isEmpty(stream, probe))
    if (filled.length >= expected.streams[type]) continue
    if (saysTruncated(logLines)) throw truncated(`The input is cut off before its ${type} begins.`)
    const firstEmpty = streams.findIndex((stream) => !filled.includes(stream))
    throw new StreamMissing(type, firstEmpty < 0 ? filled.length : firstEmpty, firstEmpty >= 0)
  }
  const subtitles = probe.streams.filter(({ type }) => type === 'subtitle').length
  const { beside } = expected
  if (beside !== undefined && subtitles < beside.subtitles) {
    throw invalid(`The output has ${subtitles} of ${beside.subtitles} subtitle tracks.`)
  }
  if (typeof beside?.chapters === 'number' && (probe.chapters ?? 0) < beside.chapters) {
    throw invalid(`The output has ${probe.chapters ?? 0} of ${beside.chapters} chapters.`)
  }
}

/** Without it the output is whole all the same. */
function checkCover(probe: Probe, { expected }: VerifyRequest): OutputWarning[] {
  if (!expected.cover || probe.streams.some(({ attachedPicture }) => attachedPicture)) return []
  return [{ code: 'STREAM_LEFT_OUT', detail: 'The cover picture of the input left out: it could not be carried over.' }]
}

function checkCount({ streams }: Probe, { mostPictures }: ExpectedOutput): void {
  const frames = streams.find(({ type }) => type === 'video')?.frames ?? 0
  if (mostPictures !== undefined && frames > mostPictures.most) throw tooMany(mostPictures.detail)
}

function isEmpty({ durationUs, frames }: ProbeStream, { container }: Probe): boolean {
  return !isPicture(container) && durationUs === null && !frames
}

type DecodeCheck = { decodes: boolean | null; warnings: OutputWarning[] }

const NOT_SAMPLED: DecodeCheck = { decodes: null, warnings: [] }

async function checkDecoding(probe: Probe, path: string, request: VerifyRequest): Promise<DecodeCheck> {
  const { capabilities, signal } = request
  const { decodes, complaint, isHopeless } = await decodeSamples({ path, probe, capabilities, signal })
  if (decodes !== false) return { decodes, warnings: [] }
  if (isHopeless) throw invalid(`The output can not be played: ${complaint ?? 'nothing can be decoded'}.`)
  return { decodes, warnings: [partly(`The output does not decode everywhere: ${complaint}`)] }
}

type DurationCheck = { verified: boolean | null; warnings: OutputWarning[] }

/** Of the whole, then of each kind of stream by itself: a film of which half the pictures are gone is as long as its sound. */
async function checkDuration(probe: Probe, request: VerifyRequest): Promise<DurationCheck> {
  const { durationUs, promisedUs = null, parts = {} } = request.expected
  if (durationUs === null) return { verified: null, warnings: [] }
  const whole = await checkWhole(probe.durationUs ?? 0, promisedUs ?? durationUs, request)
  const warnings = [
    ...checkPart('video', 0, probe, parts.video ?? null),
    ...(parts.audio ?? []).flatMap((part, position) => checkPart('audio', position, probe, part)),
  ]
  return { verified: warnings.length > 0 ? null : whole.verified, warnings: [...whole.warnings, ...warnings] }
}

/** Holds a length against what was to be expected of the input; looks at that again where too little came of it. */
export async function checkWhole(actualUs: number, expectedUs: number, request: VerifyRequest): Promise<DurationCheck> {
  if (Math.abs(actualUs - expectedUs) <= tolerance(expectedUs)) return { verified: true, warnings: [] }
  const promised = `By its header, ${inSeconds(expectedUs)} s of the input were to be expected`
  // The header of a VBR file without index is an estimate. More than it says can't be missing anything.
  if (actualUs > expectedUs) {
    return { verified: null, warnings: [unexpected(`${promised}; the output lasts ${inSeconds(actualUs)} s.`)] }
  }
  const { input, capabilities, signal, logLines } = request
  const scan = input === null ? UNSEEN : await scanInput({ ...input, capabilities, signal })
  if (scan.isTruncated || saysTruncated(logLines)) {
    throw truncated(`${promised}, but it is cut off after ${inSeconds(scan.endUs ?? actualUs)} s.`)
  }
  if (!scan.isDamaged && scan.endUs !== null && actualUs >= scan.endUs - tolerance(scan.endUs)) {
    const warning = `${promised}; it ends after ${inSeconds(actualUs)} s, and so does the output.`
    return { verified: true, warnings: [unexpected(warning)] }
  }
  throw invalid(`The output lasts ${inSeconds(actualUs)} s instead of ${inSeconds(expectedUs)} s.`)
}

const UNSEEN: Scan = { endUs: null, isTruncated: false, isDamaged: false }

/** Throws `OUTPUT_INVALID` when less than half is there. */
function checkPart(
  type: 'video' | 'audio',
  position: number,
  probe: Probe,
  expected: ExpectedPart | null,
): OutputWarning[] {
  const stream = probe.streams.filter((each) => each.type === type && !each.attachedPicture)[position]
  if (expected === null || stream === undefined) return []
  const { durationUs } = stream
  if (durationUs !== null && durationUs < expected.atLeastUs - tolerance(expected.atLeastUs)) {
    const loss = `the ${type} lasts ${inSeconds(durationUs)} s instead of ${inSeconds(expected.atLeastUs)} s`
    if (durationUs < expected.atLeastUs / 2) throw invalid(`Most of it could not be decoded: ${loss}.`)
    return [partly(`Some of the input could not be decoded: ${loss}.`)]
  }
  const { frames } = stream
  if (frames === null || expected.frames === null || frames >= expected.frames * (1 - TOLERANCE_SHARE) - 2) return []
  return [partly(`Some of the input could not be decoded: ${frames} of ${expected.frames} pictures are there.`)]
}

const partly = (detail: string): OutputWarning => ({ code: 'PARTLY_UNDECODABLE', detail })
const unexpected = (detail: string): OutputWarning => ({ code: 'LENGTH_UNEXPECTED', detail })

function tolerance(us: number): number {
  return Math.max(TOLERANCE_US, us * TOLERANCE_SHARE)
}

function inSeconds(us: number): string {
  return (us / 1e6).toFixed(1)
}

function invalid(detail: string): FfleetError {
  return new FfleetError('OUTPUT_INVALID', detail)
}

function truncated(detail: string): FfleetError {
  return new FfleetError('INPUT_TRUNCATED', detail)
}
