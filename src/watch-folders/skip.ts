import type { Probe, SkipIf } from '../contract/index.js'

/** Why an input needs no job, as it is in the wanted form; null where something of `skipIf` does not hold, or is not known. */
export function skipReason(skipIf: SkipIf, probe: Probe): string | null {
  const videos = probe.streams.filter(({ type, attachedPicture }) => type === 'video' && !attachedPicture)
  const audios = probe.streams.filter(({ type }) => type === 'audio')
  const codecs = (streams: Probe['streams']) => [...new Set(streams.map(({ codec }) => codec ?? '?'))]
  const allIn = (streams: Probe['streams'], words: string[]) => codecs(streams).every((codec) => words.includes(codec))
  const told: string[] = []
  if (skipIf.videoCodec) {
    if (videos.length === 0 || !allIn(videos, skipIf.videoCodec)) return null
    told.push(codecs(videos).join(' and '))
  }
  if (skipIf.audioCodec) {
    // A film without sound has none that would have to be made anew.
    if (audios.length === 0 && videos.length === 0) return null
    if (!allIn(audios, skipIf.audioCodec)) return null
    told.push(audios.length === 0 ? 'without sound' : codecs(audios).join(' and '))
  }
  if (skipIf.container) {
    const container = probe.container.split(',').find((name) => skipIf.container!.includes(name))
    if (container === undefined) return null
    told.push(`in ${container}`)
  }
  for (const [side, limit] of [
    ['displayWidth', skipIf.maxWidth],
    ['displayHeight', skipIf.maxHeight],
  ] as const) {
    if (limit === undefined) continue
    if (videos.length === 0 || !videos.every((stream) => (stream[side] ?? Number.POSITIVE_INFINITY) <= limit))
      return null
    const most = Math.max(...videos.map((stream) => stream[side]!))
    told.push(`${most} ${side === 'displayWidth' ? 'wide' : 'high'}`)
  }
  return `It is as wanted already: ${told.join(', ')}.`
}
