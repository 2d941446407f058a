/** From a job back to a request that would make the same again. */
import { isDeepStrictEqual } from 'node:util'
import {
  type ArgumentsRecipe,
  type ChosenContainer,
  type CommandRequest,
  DEFAULT_PROGRESS_INTERVAL_MS,
  DEFAULT_WEBHOOK_EVENTS,
  type InputRequest,
  type JobRequest,
  LADDER_FIELDS,
  type NormalizedCommand,
  type NormalizedInput,
  type NormalizedJob,
  type NormalizedOutput,
  type NormalizedWebhook,
  type OutputRequest,
  PICTURE_FIELD_NAMES,
  type Preset,
  SOUND_FIELDS,
  SPRITE_FIELDS,
  shownInput,
  shownUri,
  Tracks,
  type WebhookRequest,
} from '../../contract/index.js'
import { makesPictures, type PresetBook, pictureFormatOf } from '../../presets/index.js'

const VIDEO = ['crf', 'bitrate', 'width', 'height', 'maxFrameRate', 'profile', ...PICTURE_FIELD_NAMES] as const
const AUDIO = ['bitrate', 'channels', ...SOUND_FIELDS] as const
const TRACKS = Object.keys(Tracks.properties) as (keyof Tracks)[]

/**
 * Without what is the default. Overrides are what the job has and its preset, as it is today, has not: also of a preset
 * that was changed since, so that the outputs come out as they did.
 */
export function requestOf(job: NormalizedJob, presets: PresetBook): JobRequest {
  const { input, inputs, outputs, command, priority, maxAttempts, timeoutMs, delayMs, after, tags, webhook } = job
  return {
    ...(inputs ? { inputs: inputs.map(inputRequestOf) } : { input: inputRequestOf(input) }),
    outputs: outputs.map((output) => outputRequestOf(output, presets)),
    ...(command && { arguments: commandRequestOf(command) }),
    ...(priority !== 0 && { priority }),
    ...(maxAttempts !== 3 && { maxAttempts }),
    ...(timeoutMs !== null && { timeoutMs }),
    ...(delayMs !== 0 && { delayMs }),
    ...(after && { after }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(webhook && { webhook: webhookRequestOf(webhook) }),
  }
}

/** Who may see a job need not have what its URLs were signed with. */
function inputRequestOf(input: NormalizedInput): string | InputRequest {
  const { uri, name: _, ...part } = shownInput(input)
  const given = Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null))
  return Object.keys(given).length === 0 ? uri : { uri, ...given }
}

function outputRequestOf(
  { name, preset, path, onExists, split, recipe }: NormalizedOutput,
  presets: PresetBook,
): OutputRequest {
  return {
    preset,
    ...(name !== preset && { name }),
    ...(path !== null && { path }),
    ...(onExists !== 'fail' && { onExists }),
    ...(split && { split }),
    ...(isArguments(recipe)
      ? { arguments: ['-f', recipe.container, ...recipe.arguments] }
      : overridesOf(recipe, presets.get(preset))),
  }
}

function overridesOf(
  recipe: Preset,
  preset: Preset | undefined,
): Pick<OutputRequest, 'container' | 'format' | 'quality' | 'video' | 'audio' | 'sprites' | 'ladder' | 'tracks'> {
  const video = withShownWatermark(withSetting(differences(recipe.video, preset?.video, VIDEO), recipe, preset))
  const audio = differences(recipe.audio, preset?.audio, AUDIO)
  const sprites = differences(recipe.sprites, preset?.sprites, SPRITE_FIELDS)
  const ladder = differences(recipe.ladder, preset?.ladder, LADDER_FIELDS)
  const tracks = differences(recipe.tracks, preset?.tracks ?? {}, TRACKS)
  const quality = isDeepStrictEqual(recipe.quality, preset?.quality) ? undefined : recipe.quality
  const isPictures = makesPictures(recipe)
  const isMoved = preset !== undefined && !isPictures && recipe.container !== preset.container
  const container = isMoved ? (recipe.container as ChosenContainer) : null
  const format =
    preset && isPictures && pictureFormatOf(recipe) !== pictureFormatOf(preset) ? pictureFormatOf(recipe) : null
  return {
    ...(container && { container }),
    ...(format && { format }),
    ...(quality && { quality }),
    ...(video && { video }),
    ...(audio && { audio }),
    ...(sprites && { sprites }),
    ...(ladder && { ladder }),
    ...(tracks && { tracks }),
  }
}

/** A crf that is sought is none that was asked for; and one in the place of the preset's search is, also where it is the preset's own. */
function withSetting(
  video: NonNullable<OutputRequest['video']> | null,
  { quality, video: encoded }: Preset,
  preset: Preset | undefined,
): NonNullable<OutputRequest['video']> | null {
  if (quality !== undefined) {
    const { crf: _, ...rest } = video ?? {}
    return Object.keys(rest).length > 0 ? rest : null
  }
  const crf = encoded?.crf ?? null
  return preset?.quality === undefined || crf === null ? video : { ...video, crf }
}

function withShownWatermark<V extends { watermark?: { uri: string } }>(video: V | null): V | null {
  const { watermark } = video ?? {}
  return watermark ? { ...video!, watermark: { ...watermark, uri: shownUri(watermark.uri) } } : video
}

/** What one has otherwise than the other; null where it has all the same, or nothing to tell it from. */
function differences<T, K extends keyof T>(
  has: T | null | undefined,
  other: T | null | undefined,
  fields: readonly K[],
): { [P in K]?: NonNullable<T[P]> } | null {
  if (!has || !other) return null
  const told = fields.filter((field) => has[field] != null && !isDeepStrictEqual(has[field], other[field]))
  if (told.length === 0) return null
  return Object.fromEntries(told.map((field) => [field, has[field]])) as { [P in K]?: NonNullable<T[P]> }
}

function commandRequestOf({ input, inputs, filter }: NormalizedCommand): CommandRequest {
  return {
    ...(input.length > 0 && { input }),
    ...(inputs.length > 0 && { inputs: inputs.map(shownInput) }),
    ...(filter !== null && { filter }),
  }
}

function webhookRequestOf({ url, events, progressIntervalMs }: NormalizedWebhook): WebhookRequest {
  return {
    url,
    ...(events.join() !== DEFAULT_WEBHOOK_EVENTS.join() && { events }),
    ...(progressIntervalMs !== DEFAULT_PROGRESS_INTERVAL_MS && { progressIntervalMs }),
  }
}

function isArguments(recipe: Preset | ArgumentsRecipe): recipe is ArgumentsRecipe {
  return recipe.kind === 'arguments'
}
