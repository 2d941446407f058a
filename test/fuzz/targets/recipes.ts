/** Whatever a request may ask of an output: it is refused with a pointer, or planned, made of a real input and verified. */
import { ok } from 'node:assert'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { makeClip } from '../../../fixtures/media/recipes.js'
import { faultsOfSequence } from '../../../src/api/submission/inputs.js'
import {
  CHOSEN_CONTAINERS,
  type ErrorCode,
  FfleetError,
  OutputRequest,
  PICTURE_FORMATS,
  type Preset,
  SHIPPED_PRESET_NAMES,
} from '../../../src/contract/index.js'
import { type PresetOutput, planEncode } from '../../../src/plan/index.js'
import { resolve, SHIPPED_PRESETS } from '../../../src/presets/index.js'
import { createProber } from '../../../src/probe/index.js'
import { anOutput, encodeInto, testCapabilities } from '../../helpers/encode-into.js'
import { fromSchema, type Schema } from '../from-schema.js'
import type { Target } from '../target.js'
import type { Json } from '../values.js'
import { clipsOf, type Played, playedInputs } from './played.js'

type Asked = Pick<
  OutputRequest,
  'container' | 'format' | 'quality' | 'video' | 'audio' | 'sprites' | 'ladder' | 'tracks'
>
type Input = {
  outputs: { preset: string; asked: Asked }[]
  range: { startMs: number | null; endMs: number | null }
  /** In the place of the one clip; null: it alone. */
  inputs: Played[] | null
}

/** Two languages of sound and of subtitles, chapters, an attachment. */
const CLIP = 'tracks'

/** What only the input can tell, or the worker. */
const OF_THE_INPUT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'TRACK_NOT_FOUND',
  'CODEC_NOT_ALLOWED',
  'CHANNEL_NOT_IN_INPUT',
  'CROP_OUTSIDE_PICTURE',
  'ENCODER_NOT_AVAILABLE',
  'FILTER_NOT_AVAILABLE',
  'TOO_MANY_PICTURES',
  'HARDWARE_FAILED',
  'SIZE_NOT_REACHABLE',
  'WATERMARK_NOT_A_PICTURE',
])

/** What inputs that are joined or changed may be besides: too short, of no length, without what an output needs. */
const OF_INPUTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...OF_THE_INPUT,
  'INVALID_REQUEST',
  'NO_VIDEO_STREAM',
  'NO_AUDIO_STREAM',
  'RANGE_OUTSIDE_INPUT',
])

const schemaOf = (field: keyof Asked) => OutputRequest.properties[field] as Schema
/** Likelier than what the schema alone allows, and quick to make. */
const LIKELY: Record<string, fc.Arbitrary<Json>> = {
  crf: fc.integer({ min: 20, max: 51 }),
  bitrate: fc.integer({ min: 32_000, max: 256_000 }),
  width: fc.integer({ min: 16, max: 400 }),
  height: fc.integer({ min: 16, max: 400 }),
  x: fc.integer({ min: 0, max: 64 }),
  y: fc.integer({ min: 0, max: 64 }),
  frameRate: fc.constantFrom(10, 12.5, 24, 25, 29.97, 50),
  maxFrameRate: fc.constantFrom(5, 10, 24, 29.97, 60),
  profile: fc.constantFrom('lt', 'hq', '444', '4444'),
  intervalMs: fc.constantFrom(100, 250),
  count: fc.integer({ min: 1, max: 8 }),
  columns: fc.integer({ min: 1, max: 4 }),
  rows: fc.integer({ min: 1, max: 4 }),
  encoder: fc.constantFrom('auto', 'software'),
  template: fc.constantFrom('a', '{time} {frame}', '%{pts}\n\\', '{file}', "{{it's}}"),
  colour: fc.constantFrom('#ff0000', '#FFFFFF80'),
  background: fc.constantFrom('#000000', '#00000000'),
  channels: fc.integer({ min: 1, max: 2 }),
  sampleRate: fc.constantFrom(16_000, 22_050, 44_100, 48_000),
  layout: fc.constantFrom('mono', 'stereo', '5.1'),
  channelMap: fc.constantFrom<Json[]>([0], [0, 0]),
  targetLufs: fc.integer({ min: -30, max: -10 }),
  audio: fc.constantFrom<Json[]>('all', 'first', ['eng'], ['deu', 'fra'], { index: 1 }, { index: [1, 2] }),
  subtitles: fc.constantFrom<Json[]>('keep', 'none', ['eng'], ['jpn', 'eng'], { index: 3 }),
}
/** Mostly left out, so that some requests can be granted. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

/** Mostly one of the two, and mostly one that can be reached. */
const qualityTarget: fc.Arbitrary<NonNullable<Asked['quality']>> = fc
  .oneof(
    fc.record({ ssim: fc.double({ min: 0.8, max: 0.99, noNaN: true }) }),
    fc.record({ maxBytes: fc.integer({ min: 100_000, max: 1_000_000 }) }),
    fc.constantFrom({}, { ssim: 0.9, maxBytes: 500_000 }, { maxBytes: 10_000 }),
  )
  .map((target) => ({ target }))

/** Some fields of a part of the request. */
function partOf(field: 'video' | 'audio' | 'sprites' | 'ladder' | 'tracks'): fc.Arbitrary<Json | undefined> {
  const { properties = {} } = schemaOf(field)
  const fields = Object.entries(properties).map(([name, schema]) => {
    const fitting = fromSchema(schema, { schemas: {}, likely: LIKELY })
    const likely = LIKELY[name]
    return [name, seldom(likely === undefined ? fitting : fc.oneof({ weight: 8, arbitrary: likely }, fitting))] as const
  })
  return fc.record(Object.fromEntries(fields)).map((part) => {
    const given = Object.entries(part).filter(([, value]) => value !== undefined)
    return given.length === 0 ? undefined : (Object.fromEntries(given) as Json)
  })
}

/** What a preset can have changed, and now and then something else. */
function askedOf(name: string): fc.Arbitrary<Asked> {
  const { kind, video, audio, sprites, ladder } = SHIPPED_PRESETS.find((preset) => preset.name === name)!
  const isFilm = kind === 'av' || kind === 'remux' || kind === 'archive'
  const isText = kind === 'subtitles'
  const makesPictures = sprites !== null || kind === 'picture' || kind === 'frames'
  const often = <T>(applies: boolean, arbitrary: fc.Arbitrary<T>) =>
    applies ? arbitrary : fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
  return fc
    .record({
      quality: often(kind === 'av', seldom(qualityTarget)),
      container: often(isFilm || isText, seldom(fc.constantFrom(...CHOSEN_CONTAINERS))),
      format: often(makesPictures, seldom(fc.constantFrom(...PICTURE_FORMATS))),
      sprites: often(sprites !== null, partOf('sprites')),
      ladder: often(ladder !== undefined, partOf('ladder')),
      video: often(video !== null && video.codec !== 'copy', partOf('video')),
      audio: often(audio !== null && audio.codec !== 'copy', partOf('audio')),
      tracks: often(isFilm || isText || kind === 'ladder', partOf('tracks')),
    })
    .map((asked) =>
      small(Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as Asked),
    )
}

/** Of a size that is made in no time. */
function small({ video, ...rest }: Asked): Asked {
  if (video === undefined) return rest
  const side = (length: number) => (length <= 400 ? length : 16 + (length % 384))
  const { width, height } = video
  return { ...rest, video: { ...video, ...(width && { width: side(width) }), ...(height && { height: side(height) }) } }
}

export const recipes: Target<Input> = {
  name: 'recipes',
  // Of two or three outputs each, some seconds of encoding.
  runs: 60,
  async open() {
    const capabilities = await testCapabilities()
    const prober = createProber({ capabilities })
    const inputPath = await makeClip(CLIP)
    const probe = await prober.probe(inputPath, { everyStream: true })
    return {
      inputs: fc.record({
        outputs: fc.array(
          fc
            .constantFrom(...SHIPPED_PRESET_NAMES)
            .chain((preset) => fc.record({ preset: fc.constant(preset), asked: askedOf(preset) })),
          { minLength: 1, maxLength: 4 },
        ),
        range: fc.constantFrom({ startMs: null, endMs: 400 }, { startMs: 300, endMs: 900 }),
        inputs: seldom(playedInputs).map((inputs) => inputs ?? null),
      }),
      async check({ outputs, range, inputs }) {
        const clips = inputs && (await clipsOf(inputs, prober))
        if (inputs && clips === null) return
        const granted = outputs.flatMap(({ preset, asked }, i): PresetOutput[] => {
          const recipe = recipeOf(preset, asked)
          return recipe === null || (clips && faultsOfSequence([recipe], clips).length > 0)
            ? []
            : [{ name: `${i}`, preset, recipe, path: null, onExists: 'fail' }]
        })
        const given = clips ? { clips } : range
        const plan = { inputPath, probe, capabilities, expectedDurationMs: null, startMs: null, endMs: null, ...given }
        const possible = granted.filter((output) =>
          isPossible(() => planEncode({ ...plan, outputs: [output] }), clips ? OF_INPUTS : OF_THE_INPUT),
        )
        if (possible.length === 0) return
        const folder = await mkdtemp(join(tmpdir(), 'ffleet-recipe-'))
        try {
          await encodeInto(folder, CLIP, possible, { capabilities, prober }, given)
        } finally {
          await rm(folder, { recursive: true, force: true })
        }
      },
      close: () => prober.close(),
    }
  },
}

/** Null where it is refused, and rightly told why. */
function recipeOf(name: string, asked: Asked): Preset | null {
  try {
    const recipe = resolve(SHIPPED_PRESETS.find((preset) => preset.name === name)!, asked)
    const { speed } = anOutput(name).recipe.video ?? {}
    return speed && recipe.video ? { ...recipe, video: { ...recipe.video, speed } } : recipe
  } catch (error) {
    ok(error instanceof FfleetError && error.code === 'INVALID_REQUEST', error as Error)
    for (const { pointer } of error.errors) ok(pointsInto(pointer, asked), `${pointer} is not in the request`)
    return null
  }
}

/** False where something stands against it that only the input can tell. */
function isPossible(plan: () => unknown, told: ReadonlySet<ErrorCode>): boolean {
  try {
    plan()
    return true
  } catch (error) {
    ok(error instanceof FfleetError && told.has(error.code), error as Error)
    return false
  }
}

/** To a field that is there, or to what a field is missing from. */
function pointsInto(pointer: string, asked: Asked): boolean {
  const steps = pointer.split('/').slice(1)
  const parent = steps.slice(0, -1).reduce<unknown>((value, step) => (value as Record<string, unknown>)?.[step], asked)
  return pointer.startsWith('/') && parent !== undefined
}
