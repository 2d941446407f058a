import type { FieldError, LadderOverrides, Preset, Tracks } from '../../contract/index.js'
import type { Fault } from './fault.js'

export function ladderFaults({ kind, container, video, ladder }: Preset, fault: Fault): void {
  if (kind !== 'ladder' || video === null || ladder === undefined) return
  if (video.bitrate !== null) fault('/video/bitrate', 'of a ladder is said by each of ladder.rungs')
  if (video.crop === 'auto') fault('/video/crop', 'of a ladder is an area, not found by itself')
  if (video.encoder !== undefined && video.encoder !== 'software') {
    fault('/video/encoder', 'of a ladder is software')
  }
  if (ladder.encryption && container !== 'hls') {
    fault('/ladder/encryption', 'by AES-128 is of HLS alone; choose the preset hls')
  }
  if (ladder.encryption && ladder.playable === 'while-encoding') {
    fault('/ladder/playable', 'is `when-complete` of what is encrypted, which is done to it at the end')
  }
  if (container === 'dash' && ladder.playable === 'while-encoding') {
    fault('/ladder/playable', 'is `while-encoding` for HLS alone; take the preset hls, or cmaf for both')
  }
  const heights = ladder.rungs?.map(({ height }) => height) ?? []
  const again = heights.findIndex((height, i) => heights.indexOf(height) < i)
  if (again >= 0) fault(`/ladder/rungs/${again}/height`, 'is that of another rung')
}

export function ladderOverrideFaults({ name, ladder }: Preset, overrides: LadderOverrides | undefined): FieldError[] {
  if (overrides === undefined || ladder !== undefined) return []
  return [{ pointer: '/ladder', detail: `the preset ${name} makes no ladder; hls, dash and cmaf do` }]
}

export function ladderTrackFaults({ name, audio }: Preset, field: keyof Tracks): FieldError[] {
  if (field === 'subtitles' || (field === 'audio' && audio !== null)) return []
  const detail = field === 'audio' ? `the preset ${name} has no audio` : `a ladder has no ${field}`
  return [{ pointer: `/tracks/${field}`, detail }]
}
