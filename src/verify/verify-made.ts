import type { KeyObject } from 'node:crypto'
import type { OutputReport, OutputWarning, Probe } from '../contract/index.js'
import type { Cutting } from '../ladder/index.js'
import type { GroupOutput } from '../plan/types.js'
import { verifyExtracted } from './verify-extracted.js'
import { verifyLadder } from './verify-ladder.js'
import { type VerifyRequest, verifyOutput } from './verify-output.js'
import { verifyWaveform } from './verify-waveform.js'
import { writeWebVtt } from './webvtt.js'

export type Made = Pick<OutputReport, 'verified' | 'loudness' | 'lossless' | 'ladder'> & {
  /** Null of what is no media. */
  probe: Probe | null
  warnings: OutputWarning[]
}

/** Finishes what ffmpeg left for us to write of an output, and verifies it by its kind. `folder`: that of the attempt. `key`: what it is encrypted by; left out: nothing. */
export async function verifyMade(
  { sprites, waveform: layout, extracted, ladder }: GroupOutput,
  request: VerifyRequest & { folder: string; key?: KeyObject | undefined; cutting?: Cutting | undefined },
): Promise<Made> {
  if (sprites) await writeWebVtt(request.path, sprites)
  if (layout) return verifyWaveform({ ...request, layout })
  if (ladder) return verifyLadder({ ...request, layout: ladder })
  return extracted ? verifyExtracted({ path: request.path, extracted }) : verifyOutput(request)
}
