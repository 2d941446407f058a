import type { HdrMetadata, MasteringDisplay, Probe } from '../contract/index.js'

type Fields = Record<string, unknown>

/** From what ffprobe lists as `side_data_list` of streams or frames; null where nothing of it is of high dynamic range. */
export function hdrMetadata(sideData: unknown): HdrMetadata | null {
  const all: Fields[] = Array.isArray(sideData) ? sideData.filter((each) => typeof each === 'object' && each) : []
  const of = (type: string) => all.find((data) => data.side_data_type === type)
  const metadata = {
    masteringDisplay: masteringDisplay(of('Mastering display metadata')),
    contentLight: contentLight(of('Content light level metadata')),
    dolbyVision: dolbyVision(of('DOVI configuration record')),
  }
  return Object.values(metadata).some((each) => each !== null) ? metadata : null
}

/** Of what `-show_frames` prints: the first frame says what its container may not know. */
export function hdrOfFirstFrame(text: string): HdrMetadata | null {
  try {
    return hdrMetadata((JSON.parse(text) as { frames?: Fields[] }).frames?.[0]?.side_data_list)
  } catch {
    return null
  }
}

/** Streams by index whose curve is PQ, the one of HDR10, and that have not told of their display. */
export function streamsToAsk({ streams }: Probe): number[] {
  return streams
    .filter(
      ({ transfer, attachedPicture, hdr }) => transfer === 'smpte2084' && !attachedPicture && !hdr?.masteringDisplay,
    )
    .map(({ index }) => index)
}

/** The probe with what frames of a stream told, where the container did not. */
export function withHdr(probe: Probe, index: number, told: HdrMetadata | null): Probe {
  if (told === null) return probe
  const streams = probe.streams.map((stream) => {
    if (stream.index !== index) return stream
    const { masteringDisplay = null, contentLight = null, dolbyVision = null } = stream.hdr ?? {}
    const hdr = {
      masteringDisplay: masteringDisplay ?? told.masteringDisplay,
      contentLight: contentLight ?? told.contentLight,
      dolbyVision: dolbyVision ?? told.dolbyVision,
    }
    return { ...stream, hdr }
  })
  return { ...probe, streams }
}

function masteringDisplay(data: Fields | undefined): MasteringDisplay | null {
  if (data === undefined) return null
  const point = (name: string): [number, number] => [ratio(data[`${name}_x`]), ratio(data[`${name}_y`])]
  const display = {
    red: point('red'),
    green: point('green'),
    blue: point('blue'),
    white: point('white_point'),
    minLuminance: ratio(data.min_luminance),
    maxLuminance: ratio(data.max_luminance),
  }
  // A display with half of its figures can't be written down.
  const figures = [...display.red, ...display.green, ...display.blue, ...display.white, display.maxLuminance]
  return figures.every((figure) => figure > 0) && display.minLuminance >= 0 ? display : null
}

function contentLight(data: Fields | undefined): HdrMetadata['contentLight'] {
  const [max, average] = [Number(data?.max_content), Number(data?.max_average)]
  return max > 0 && average >= 0 ? { max, average } : null
}

function dolbyVision(data: Fields | undefined): HdrMetadata['dolbyVision'] {
  const [profile, compatibility] = [Number(data?.dv_profile), Number(data?.dv_bl_signal_compatibility_id ?? 0)]
  return Number.isInteger(profile) && Number.isInteger(compatibility) ? { profile, compatibility } : null
}

/** `34000/50000`; NaN for anything else. */
function ratio(value: unknown): number {
  const [numerator, denominator] = typeof value === 'string' ? value.split('/').map(Number) : []
  return numerator === undefined ? Number.NaN : numerator / (denominator ?? 1)
}
