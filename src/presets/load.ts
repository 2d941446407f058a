import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { ARGUMENTS, Preset } from '../contract/index.js'
import { crossFieldFaults } from './rules.js'
import { SHIPPED_PRESETS } from './shipped.js'

/** Larger than any preset that a person writes. */
const MAX_PRESET_FILE_BYTES = 64 * 1024

export type PresetBook = {
  /** Shipped presets first, then the operator's by name. */
  list(): Preset[]
  get(name: string): Preset | undefined
}

/** Where in which file a preset is wrong. */
export type PresetFault = { file: string; pointer: string; detail: string }

/** The operator's presets can't be used; the message names every fault of every file. */
export class PresetFaultsError extends Error {
  override readonly name = 'PresetFaultsError'
  readonly faults: readonly PresetFault[]

  constructor(folder: string, faults: PresetFault[]) {
    const lines = faults.map(({ file, pointer, detail }) => `  ${file}${pointer && ` ${pointer}`}: ${detail}`)
    super(`The presets in ${folder} can't be used:\n${lines.join('\n')}`)
    this.faults = faults
  }
}

/**
 * The shipped presets, and those of every `*.json` in `folder` if one is given, one preset a file. Fields that are null
 * may be left out. Throws `PresetFaultsError` with all faults at once: no JSON, against the schema, fields that do not
 * fit each other, a name that is shipped or given twice; or a folder that can't be read.
 */
export async function loadPresets(folder?: string): Promise<PresetBook> {
  const book = new Map(SHIPPED_PRESETS.map((preset) => [preset.name, preset]))
  if (folder === undefined) return bookOf(book)
  const faults: PresetFault[] = []
  const owner = new Map<string, string>()
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new PresetFaultsError(folder, [{ file: 'the folder', pointer: '', detail: `can't be read (${error.code})` }])
  })
  const files = names.filter((file) => file.endsWith('.json')).sort()
  const loaded: Preset[] = []
  for (const file of files) {
    const read = await readPreset(join(folder, file))
    if ('faults' in read) {
      faults.push(...read.faults.map((fault) => ({ file, ...fault })))
      continue
    }
    const { name } = read.preset
    const other = owner.get(name)
    if (name === ARGUMENTS)
      faults.push({ file, pointer: '/name', detail: `${name} stands for no preset; take another name` })
    else if (book.has(name))
      faults.push({ file, pointer: '/name', detail: `${name} is a shipped preset; take another name` })
    else if (other) faults.push({ file, pointer: '/name', detail: `${name} is already the preset of ${other}` })
    else loaded.push(read.preset)
    owner.set(name, file)
  }
  if (faults.length > 0) throw new PresetFaultsError(folder, faults)
  for (const preset of loaded.sort((a, b) => (a.name < b.name ? -1 : 1))) book.set(preset.name, preset)
  return bookOf(book)
}

function bookOf(presets: ReadonlyMap<string, Preset>): PresetBook {
  return { list: () => [...presets.values()], get: (name) => presets.get(name) }
}

type Fault = Omit<PresetFault, 'file'>

async function readPreset(path: string): Promise<{ preset: Preset } | { faults: Fault[] }> {
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
