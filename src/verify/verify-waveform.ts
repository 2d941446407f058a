import type { OutputReport, OutputWarning, Probe } from '../contract/index.js'
import type { WaveformLayout } from '../plan/waveform-layout.js'
import { checkWhole, type VerifyRequest, verifyOutput } from './verify-output.js'
import { writeWaveform } from './waveform.js'

export type VerifiedWaveform = {
  /** Null of JSON, which is no media. */
  probe: Probe | null
  verified: OutputReport['verified']
  warnings: OutputWarning[]
}

/** Draws or writes a waveform out of the points in `folder`, and looks whether it stands for all of the sound. */
export async function verifyWaveform(
  request: VerifyRequest & { folder: string; layout: WaveformLayout },
): Promise<VerifiedWaveform> {
  const { path, folder, layout } = request
  const drawnUs = await writeWaveform(path, folder, layout)
  const { durationUs, promisedUs } = layout
  const length =
    durationUs === null
      ? { verified: null, warnings: [] }
      : await checkWhole(drawnUs, promisedUs ?? durationUs, request)
  const picture = layout.height === null ? null : await verifyOutput(request)
  return {
    probe: picture?.probe ?? null,
    verified: { duration: length.verified, streams: picture && true, decodes: null },
    warnings: length.warnings,
  }
}
