import { FfleetError, type OutputWarning, type Probe, type ProbeStream } from '../contract/index.js'
import type { ExpectedPicture } from '../plan/types.js'

/** A reader's average over a clip of a few frames is off by one of them. */
const RATE_TOLERANCE = 0.02
const FRAMES_FOR_A_RATE = 25

/**
 * Holds the picture of an output against what was asked for. What its reader does not tell is not held against it. Throws
 * `OUTPUT_INVALID`; gives a warning for metadata that this ffmpeg could not carry.
 */
export function checkPicture(probe: Probe, expected: ExpectedPicture | undefined): OutputWarning[] {
  const stream = probe.streams.find(({ type, attachedPicture }) => type === 'video' && !attachedPicture)
  if (expected === undefined || stream === undefined) return []
  const fault =
    sizeFault(stream, expected) ??
    rateFault(stream, expected) ??
    curveFault(stream, expected) ??
    profileFault(stream, expected)
  if (fault !== null) throw new FfleetError('OUTPUT_INVALID', fault)
  if (!expected.masteringDisplay || stream.hdr?.masteringDisplay) return []
  const detail = 'The encoder of this worker does not write down which display the film was graded on, as HDR10 has it.'
  return [{ code: 'HDR_METADATA_LEFT_OUT', detail }]
}

function sizeFault({ width, height }: ProbeStream, { size }: ExpectedPicture): string | null {
  if (size === null || width === null || height === null) return null
  if (width === size.width && height === size.height) return null
  return `The output's picture has ${width}x${height} pixels instead of ${size.width}x${size.height}.`
}

function rateFault({ frameRate, frames }: ProbeStream, expected: ExpectedPicture): string | null {
  if (expected.frameRate === null || frameRate === null || (frames ?? 0) < FRAMES_FOR_A_RATE) return null
  if (Math.abs(frameRate / expected.frameRate - 1) <= RATE_TOLERANCE) return null
  return `The output has ${frameRate.toFixed(2)} frames a second instead of ${expected.frameRate.toFixed(2)}.`
}

function profileFault({ profile }: ProbeStream, expected: ExpectedPicture): string | null {
  if (profile === undefined || expected.profile === null || profile === expected.profile) return null
  return `The output has the profile ${profile} instead of ${expected.profile}.`
}

function curveFault({ transfer }: ProbeStream, expected: ExpectedPicture): string | null {
  if (transfer === null || expected.transfer === null || transfer === expected.transfer) return null
  return `The output's colours are marked ${transfer} instead of ${expected.transfer}.`
}
