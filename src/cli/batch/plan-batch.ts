/** What a batch would do, file by file, before anything is encoded. */
import { lstat } from 'node:fs/promises'
import { basename } from 'node:path'
import { FfleetApiError } from '../../client/index.js'
import type { DryRun, JobPlan, JobRequest, Preset } from '../../contract/index.js'
import type { WarningCode } from '../../contract/warnings.js'
import { formatBytes } from '../render/figures.js'
import type { Skipped } from '../request/inputs.js'
import type { Entry } from './journal.js'
import type { Original } from './originals.js'
import type { Place } from './place.js'
import { placeInstead, type Replacing } from './settle.js'

/** One file that is to be sent. `place`: where its output goes first; null where the server keeps it. */
export type Todo = { original: Original; request: JobRequest; place: string | null; former: Entry | null }

export type Planned = Todo & {
  /** What it will come to; null where that is not known. */
  expectedBytes: number | null
  durationMs: number | null
  encodeMs: number | null
}

export type BatchPlan = { planned: Planned[]; skipped: Skipped[] }

export type Rules = {
  replacing: Replacing
  preset: Preset
  /** Replace originals, too, of which not all is in the output. */
  allowLosses: boolean
  /** Encode what has the form of the preset already. */
  reencode: boolean
}

/** So many are looked at side by side. */
const AT_ONCE = 4

/** Looks at every file by a dry run of its job; `onLooked` is told how many are done. */
export async function planBatch(
  place: Place,
  todos: readonly Todo[],
  rules: Rules,
  { signal, onLooked }: { signal: AbortSignal; onLooked: (count: number) => void },
): Promise<BatchPlan> {
  const results: (Planned | Skipped)[] = []
  let next = 0
  let looked = 0
  const lookAtSome = async () => {
    for (let i = next++; i < todos.length; i = next++) {
      signal.throwIfAborted()
      results[i] = await lookAt(place, todos[i]!, rules, signal)
      onLooked(++looked)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lookAtSome))
  return {
    planned: results.filter((each) => 'request' in each),
    skipped: results.filter((each) => 'reason' in each),
  }
}

async function lookAt(place: Place, todo: Todo, rules: Rules, signal: AbortSignal): Promise<Planned | Skipped> {
  const { original, request } = todo
  const skip = (reason: string): Skipped => ({ input: original.shown, reason })
  const against = rules.replacing === 'never' ? null : await againstReplacing(original, rules.preset.extension)
  if (against !== null) return skip(against)
  let answer: DryRun
  try {
    answer = await place.client.dryRun(request, { signal })
  } catch (error) {
    if (error instanceof FfleetApiError && error.status >= 400 && error.status < 500) return skip(error.message)
    throw error
  }
  const { refusal, plan, forecast, warnings } = answer
  if (refusal !== null) return skip(`${refusal.code}: ${refusal.detail}`)
  const expectedBytes = plan?.outputs[0]?.expectedBytes ?? null
  const durationUs = plan?.outputs[0]?.durationUs ?? null
  if (rules.replacing !== 'never') {
    const { bytes } = original.mark
    if (plan === null) return skip('no worker could look at it, so nobody knows what its output would lack')
    const form = rules.reencode ? null : formAlready(rules.preset, plan.probe)
    if (form !== null) return skip(`it is ${form} already; --reencode encodes it all the same`)
    const losses = [...goneWith(plan), ...warnings.filter(({ code }) => LOSSES.has(code)).map(({ detail }) => detail)]
    if (losses.length > 0 && !rules.allowLosses)
      return skip(`${losses.join(' ')} --allow-losses replaces it all the same`)
    if (rules.replacing === 'if-smaller' && expectedBytes !== null && expectedBytes >= bytes) {
      return skip(`its output would come to ${formatBytes(expectedBytes)}`)
    }
  }
  const encodeMs =
    forecast?.startsAt && forecast.endsAt ? Date.parse(forecast.endsAt) - Date.parse(forecast.startsAt) : null
  return { ...todo, expectedBytes, durationMs: durationUs === null ? null : durationUs / 1_000, encodeMs }
}

/** What of an original would be gone with it. */
const LOSSES = new Set<WarningCode>([
  'STREAM_LEFT_OUT',
  'STREAM_UNUSABLE',
  'TONE_MAPPED',
  'NOT_TONE_MAPPED',
  'HDR_METADATA_LEFT_OUT',
  'CHANNELS_MIXED',
  'PARTLY_UNDECODABLE',
])

async function againstReplacing(original: Original, extension: string): Promise<string | null> {
  if (original.isLink) return 'it is a symbolic link'
  if (original.names > 1) return `it has ${original.names} names (hard links), so replacing one would free nothing`
  const target = placeInstead(original.path, extension)
  if (target === original.path) return null
  const there = await lstat(target).catch(() => null)
  return there === null ? null : `${basename(target)} is there already`
}

/** Sound that is made of a film is no film. */
function goneWith({ probe, outputs }: JobPlan): string[] {
  return picturesOf(probe).length > 0 && outputs[0]?.streams.video === 0 ? ['Its picture would be gone.'] : []
}

/** What a file is that has the form already which the preset makes; null for one that has not. */
function formAlready({ kind, video, audio, container }: Preset, probe: JobPlan['probe']): string | null {
  if (!probe.container.split(',').includes(container === 'mkv' ? 'matroska' : container)) return null
  if (kind === 'audio') {
    const sounds = probe.streams.filter(({ type }) => type === 'audio')
    return sounds.length > 0 && sounds.every(({ codec }) => codec === audio?.codec)
      ? `${audio!.codec} in ${container}`
      : null
  }
  const pictures = picturesOf(probe)
  const fits = pictures.every(({ codec, displayWidth, displayHeight }) => {
    const sides = [displayWidth ?? Number.POSITIVE_INFINITY, displayHeight ?? Number.POSITIVE_INFINITY]
    return (
      (video?.codec === 'copy' || codec === video?.codec) &&
      Math.max(...sides) <= (video?.width ?? Number.POSITIVE_INFINITY) &&
      Math.min(...sides) <= (video?.height ?? Number.POSITIVE_INFINITY)
    )
  })
  if (pictures.length === 0 || !fits) return null
  const [{ codec, displayWidth, displayHeight }] = pictures as [(typeof pictures)[number]]
  return `${codec} of ${displayWidth}x${displayHeight} in ${container}`
}

const picturesOf = ({ streams }: JobPlan['probe']) =>
  streams.filter(({ type, attachedPicture }) => type === 'video' && !attachedPicture)
