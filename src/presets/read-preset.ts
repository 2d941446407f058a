import { readFile, stat } from 'node:fs/promises'
import { Preset } from '../contract/index.js'
import { type SchemaFault, schemaFaults } from '../contract/schema-faults.js'
import { crossFieldFaults } from './rules.js'

/** Larger than any preset that a person writes. */
const MAX_PRESET_FILE_BYTES = 64 * 1024

/** Where a preset is wrong. */
export type Fault = SchemaFault

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
  const faults = schemaFaults(Preset, preset, 'a preset')
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
  if (isObject(preset.waveform)) preset.waveform = { height: null, pointsPerSecond: null, ...preset.waveform }
  return preset
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
