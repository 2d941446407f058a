import type { LadderReport } from '../contract/index.js'
import { bandwidthOf, durationOf, frameRateOf, type LadderFacts, type Track } from './facts.js'

export function ladderReport({ pictures, sounds, subtitles }: LadderFacts): LadderReport {
  return {
    rungs: pictures.map((track) => {
      const { numerator, denominator } = frameRateOf(track)
      const frameRate = Math.round((1_000 * numerator) / denominator) / 1_000
      return { ...figuresOf(track), ...track.header.size!, frameRate, range: track.range }
    }),
    audio: sounds.map((track) => ({
      ...figuresOf(track),
      language: track.language,
      channels: track.header.channels!,
    })),
    subtitles: subtitles.map(({ name, language, segments }) => ({ name, language, segments: segments.length })),
  }
}

function figuresOf(track: Track) {
  const { peak, average } = bandwidthOf(track)
  return {
    name: track.name,
    codec: track.header.codec,
    durationMs: Math.round(1_000 * durationOf(track)),
    segments: track.segments.length,
    bytes: track.segments.reduce((sum, { bytes }) => sum + bytes, 0),
    bandwidth: peak,
    averageBandwidth: average,
  }
}
