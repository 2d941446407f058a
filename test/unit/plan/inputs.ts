import type { Preset, Probe, ProbeStream } from '../../../src/contract/index.js'
import { KNOWN_ENCODERS, type PlanInput, type PresetOutput, planEncode } from '../../../src/plan/index.js'
import { SHIPPED_PRESETS } from '../../../src/presets/index.js'
import { NO_FACTS } from '../../../src/probe/no-facts.js'

const stream = (type: ProbeStream['type'], facts: Partial<ProbeStream>): ProbeStream => ({
  index: 0,
  type,
  codec: null,
  durationUs: 10_000_000,
  startUs: 0,
  clockJumps: false,
  packets: null,
  bitrate: null,
  language: null,
  isDefault: false,
  ...NO_FACTS,
  ...facts,
})

/** 1920x1080 at 25 frames a second unless told otherwise. */
export const aVideo = (facts: Partial<ProbeStream> = {}): ProbeStream =>
  stream('video', {
    codec: 'h264',
    width: 1920,
    height: 1080,
    displayWidth: facts.width ?? 1920,
    displayHeight: facts.height ?? 1080,
    frameRate: 25,
    constantFrameRate: true,
    ...facts,
  })

/** AAC stereo at 48 kHz unless told otherwise. */
export const anAudio = (facts: Partial<ProbeStream> = {}): ProbeStream =>
  stream('audio', { codec: 'aac', channels: 2, sampleRate: 48_000, ...facts })

export const coverArt = (): ProbeStream => aVideo({ codec: 'mjpeg', attachedPicture: true, durationUs: null })

export const aProbe = (streams: ProbeStream[], facts: Partial<Probe> = {}): Probe => ({
  container: 'mov,mp4,m4a,3gp,3g2,mj2',
  bytes: 1_000_000,
  durationUs: 10_000_000,
  promisedUs: null,
  bitrate: null,
  streams: streams.map((each, index) => ({ ...each, index })),
  chapters: null,
  tags: {},
  by: 'mediabunny',
  ...facts,
})

export const preset = (name: string): Preset => SHIPPED_PRESETS.find((shipped) => shipped.name === name)!

export const anOutput = (name: string, change: (recipe: Preset) => void = () => {}): PresetOutput => {
  const recipe = structuredClone(preset(name))
  change(recipe)
  return { name, preset: name, recipe, path: null, onExists: 'fail' }
}

const FILTERS: ReadonlySet<string> = new Set(['zscale', 'tonemap', 'tpad', 'palettegen', 'paletteuse', 'movie'])
type Capabilities = PlanInput['capabilities']
export const NEW_FFMPEG: Capabilities = {
  encoders: new Set(KNOWN_ENCODERS),
  filters: FILTERS,
  fpsMode: true,
  major: 7,
  minor: 1,
}
export const OLD_FFMPEG: Capabilities = {
  encoders: new Set(KNOWN_ENCODERS),
  filters: FILTERS,
  fpsMode: false,
  major: 4,
  minor: 1,
}

/** A plan with what a test does not care about filled in. */
export function plan(probe: Probe, outputs: PresetOutput[], more: Partial<PlanInput> = {}) {
  return planEncode({
    inputPath: '/media/in.mp4',
    probe,
    outputs,
    startMs: null,
    endMs: null,
    expectedDurationMs: null,
    capabilities: NEW_FFMPEG,
    ...more,
  })
}

/** The value behind an option; undefined without it. */
export function option(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name)
  return at === -1 ? undefined : args[at + 1]
}

/** The code of the error that a call throws. */
export function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return 'nothing thrown'
}
