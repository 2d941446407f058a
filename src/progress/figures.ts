import type { ProgressSnapshot } from '../contract/index.js'
import type { ReportBlock } from './report-block.js'

/** The part of a snapshot that is told as ffmpeg tells it. */
export type Figures = Pick<
  ProgressSnapshot,
  'fps' | 'bitrate' | 'bytesWritten' | 'dupFrames' | 'dropFrames' | 'quality'
>

export const NO_FIGURES: Figures = {
  fps: null,
  bitrate: null,
  bytesWritten: null,
  dupFrames: null,
  dropFrames: null,
  quality: {},
}

/** A number as the contract wants it: finite and not negative, else null. */
export function figure(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null
}

/** The figures after a block. What the block does not know stays as it was: a cut block or an `N/A` makes nothing unknown. */
export function nextFigures(last: Figures, block: ReportBlock): Figures {
  const quality = Object.fromEntries(Object.entries(block.quality).filter(([, value]) => figure(value) !== null))
  // In its first second ffmpeg prints an average of 0 whatever it has done.
  const fps = block.fps === 0 && block.frame !== 0 ? null : figure(block.fps)
  return {
    fps: fps ?? last.fps,
    // At the end it rests on the time of the `end` block, which is not to be trusted (FFmpeg 7.0 to 8.1).
    bitrate: (block.end ? null : figure(block.bitrate)) ?? last.bitrate,
    bytesWritten: figure(block.totalBytes) ?? last.bytesWritten,
    dupFrames: figure(block.dupFrames) ?? last.dupFrames,
    dropFrames: figure(block.dropFrames) ?? last.dropFrames,
    // -1 is a copied stream or an encoder that has ended: no quantizer.
    quality: Object.keys(quality).length > 0 ? quality : last.quality,
  }
}
