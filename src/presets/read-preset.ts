import { readFile, stat } from 'node:fs/promises'
import { Value } from 'typebox/value'
import { Preset } from '../contract/index.js'
import { crossFieldFaults } from './rules.js'

/** Larger than any preset that a person writes. */
const MAX_PRESET_FILE_BYTES = 64 * 1024

/** Where a preset is wrong. */
export type Fault = { pointer: string; detail: string }

/** One preset of a file, or all that stands against it. Fields that are null may be left out. */
export async function readPreset(path: string): Promise<{ preset: Preset } | { faults: Fault[] }> {
  const whole = (detail: string) => ({ faults: [{ pointer: '', detail }] })
  const facts = await stat(path)
  if (!facts.isFile()) return whole('is not a file')
  if (facts.size > MAX_PRESET_FILE_BYTES) return whole(`is larger than ${MAX_PRESET_FILE_BYTES} bytes`)
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return whole(`is not JSON: ${(error as Error).message}`)
  }
  const preset = withDefaults(value)
  const faults = schemaFaults(preset)
  if (faults.length > 0) return { faults }
  const crossed = crossFieldFaults(preset as Preset)
  return crossed.length > 0 ? { faults: crossed } : { preset: preset as Preset }
}

/** Adds what may be left out. What is not an object stays what it is, for the schema to refuse. */
function withDefaults(value: unknown): unknown {
  if (!isObject(value)) return value
  const preset = { video: null, audio: null, sprites: null, ...value } as Record<string, unknown>
  if (isObject(preset.video)) {
    const none = { width: null, height: null, crf: null, bitrate: null, speed: null, passes: 1, maxFrameRate: null }
    preset.video = { ...none, ...preset.video }
  }
  if (isObject(preset.audio)) preset.audio = { bitrate: null, channels: null, ...preset.audio }
  return preset
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function schemaFaults(value: unknown): Fault[] {
  const faults = new Map<string, string>()
  for (const error of Value.Errors(Preset, value)) {
    const at = error.instancePath
    if (error.keyword === 'required') {
      for (const field of error.params.requiredProperties) faults.set(`${at}/${field}`, 'is missing')
    } else if (error.keyword === 'additionalProperties') {
      for (const field of error.params.additionalProperties) faults.set(`${at}/${field}`, 'is not a field of a preset')
    } else if (error.keyword === 'enum') {
      faults.set(at, `must be one of ${error.params.allowedValues.join(', ')}`)
    } else if (!faults.has(at)) {
      // The first message is of the value's own schema; those of `or null` come after it.
      faults.set(at, error.message)
    }
  }
  // A fault inside an object also shows as one of the object, which may be null instead.
  const inner = [...faults.keys()]
  return [...faults]
    .filter(([pointer]) => !inner.some((other) => other.startsWith(`${pointer}/`)))
    .map(([pointer, detail]) => ({ pointer, detail }))
}
