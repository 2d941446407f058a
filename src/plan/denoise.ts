import { FfleetError, type Preset } from '../contract/index.js'

/** The part of what ffmpeg can do that this rests on. */
type Capabilities = { filters: ReadonlySet<string> }

/** Strengths of light and colour in space, then in time, as HandBrake has them under the same names. */
const STRENGTHS = { light: '2:1:2:3', medium: '3:2:2:3', strong: '7:7:5:5' } as const

/** Throws `FILTER_NOT_AVAILABLE`: builds without GPL have no `hqdn3d`. */
export function denoiseFilter(strength: NonNullable<Preset['video']>['denoise'], { filters }: Capabilities): string[] {
  if (strength === undefined) return []
  if (filters.has('hqdn3d')) return [`hqdn3d=${STRENGTHS[strength]}`]
  throw new FfleetError(
    'FILTER_NOT_AVAILABLE',
    'To take noise away, ffmpeg on this worker would need the filter hqdn3d.',
  )
}
