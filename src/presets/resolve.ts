import { FfleetError, type FieldError, type OutputRequest, type Preset } from '../contract/index.js'
import { crossFieldFaults } from './rules.js'

type Overrides = Pick<OutputRequest, 'video' | 'audio'>

/**
 * The recipe an output is made by: the preset with the request's overrides merged in. A `bitrate` takes the place of the
 * preset's `crf`; a `crf` does not take the place of a `bitrate`, since the preset was chosen for its size.
 * Throws `INVALID_REQUEST` for overrides that do not apply; the pointers are relative to the output.
 */
export function resolve(preset: Preset, overrides: Overrides): Preset {
  const errors = [...videoFaults(preset, overrides.video), ...audioFaults(preset, overrides.audio)]
  if (errors.length === 0) {
    const recipe = merge(preset, overrides)
    const merged = crossFieldFaults(recipe)
    if (merged.length === 0) return recipe
    errors.push(...merged)
  }
  throw new FfleetError('INVALID_REQUEST', `The overrides do not fit the preset ${preset.name}.`, { errors })
}

function merge(preset: Preset, overrides: Overrides): Preset {
  const recipe = structuredClone(preset)
  if (recipe.video && overrides.video) {
    if (overrides.video.bitrate !== undefined) recipe.video.crf = null
    Object.assign(recipe.video, given(overrides.video))
  }
  if (recipe.audio && overrides.audio) Object.assign(recipe.audio, given(overrides.audio))
  return recipe
}

function videoFaults(preset: Preset, overrides: Overrides['video']): FieldError[] {
  const fields = Object.keys(given(overrides ?? {})) as (keyof NonNullable<Overrides['video']>)[]
  if (fields.length === 0) return []
  const { video } = preset
  if (video === null) return [{ pointer: '/video', detail: `the preset ${preset.name} has no video to override` }]
  const fault = (field: string, detail: string) => ({ pointer: `/video/${field}`, detail })
  const faults: FieldError[] = []
  for (const field of fields) {
    if (video.codec === 'copy') faults.push(fault(field, 'a copied stream stays as it is'))
    else if (video.codec === 'mjpeg' && field !== 'width' && field !== 'height') {
      faults.push(fault(field, 'does not apply to a picture'))
    } else if (field === 'crf' && video.bitrate !== null) {
      faults.push(fault(field, `the preset ${preset.name} aims at a bitrate`))
    } else if (field === 'crf' && fields.includes('bitrate')) {
      faults.push(fault(field, 'give either crf or bitrate'))
    }
  }
  return faults
}

function audioFaults(preset: Preset, overrides: Overrides['audio']): FieldError[] {
  const fields = Object.keys(given(overrides ?? {}))
  if (fields.length === 0) return []
  const { audio } = preset
  if (audio === null) return [{ pointer: '/audio', detail: `the preset ${preset.name} has no audio to override` }]
  if (audio.codec !== 'copy') return []
  return fields.map((field) => ({ pointer: `/audio/${field}`, detail: 'a copied stream stays as it is' }))
}

function given<T extends object>(overrides: T): Partial<T> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)) as Partial<T>
}
