/** Inputs as a request may play them: refused with a pointer, or clips. */
import { ok } from 'node:assert'
import fc from 'fast-check'
import { type ClipName, makeClip } from '../../../fixtures/media/recipes.js'
import { normalizeInputs } from '../../../src/api/submission/inputs.js'
import type { InputRequest, JobRequest } from '../../../src/contract/index.js'
import type { Clip } from '../../../src/plan/index.js'
import type { Prober } from '../../../src/probe/index.js'

export type Played = Omit<InputRequest, 'uri' | 'soundtrack'> & { clip: ClipName; soundtrack?: ClipName }

/** Of many kinds, none long. */
const CLIPS = ['h264-aac', 'video-only', 'mp3', 'wav', 'png', '50-fps', 'vfr', 'portrait', 'h264-aac-ts'] as const

const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const ms = (...values: number[]) => seldom(fc.constantFrom(...values))

const played: fc.Arbitrary<Played> = fc
  .record({
    clip: fc.oneof({ weight: 3, arbitrary: fc.constant<ClipName>('h264-aac') }, fc.constantFrom<ClipName>(...CLIPS)),
    // Mostly there, so that it is made in no time.
    endMs: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(200, 480, 900) }, fc.constant(undefined)),
    startMs: ms(0, 100, 300, 5_000),
    speed: ms(0.5, 1, 1.25, 3),
    fadeInMs: ms(40, 150, 700),
    fadeOutMs: ms(40, 150, 700),
    crossfadeMs: seldom(fc.constantFrom(1, 80, 150, 700)),
    loop: ms(1, 2, 3),
    durationMs: ms(40, 500),
    soundtrack: seldom(fc.constantFrom<ClipName>('wav', 'mp3', 'video-only')),
  })
  .map(fitting)
  .map((each) => Object.fromEntries(Object.entries(each).filter(([, value]) => value !== undefined)) as Played)

/** A still picture is mostly shown for a time, and has no parts. */
function fitting(each: { [field in keyof Played]?: Played[field] | undefined }) {
  if (each.clip !== 'png' || each.loop === 3) return each
  return { ...each, startMs: undefined, endMs: undefined, speed: undefined, durationMs: each.durationMs ?? 300 }
}

export const playedInputs: fc.Arbitrary<Played[]> = fc
  .record({
    inputs: fc.array(played, { minLength: 1, maxLength: 4 }),
    isGranted: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
  })
  .map(({ inputs, isGranted }) => (isGranted ? inputs.map(granted) : inputs))

/** Without what is refused at once, as far as that shows in an input by itself. */
function granted({ crossfadeMs, durationMs, startMs, fadeInMs, fadeOutMs, soundtrack, ...rest }: Played, i: number) {
  return {
    ...rest,
    ...(startMs != null && startMs < (rest.endMs ?? 500) && { startMs }),
    ...(durationMs !== undefined && rest.clip === 'png' && { durationMs }),
    ...(fadeInMs === 40 && crossfadeMs === undefined && { fadeInMs }),
    ...(fadeOutMs === 40 && i === 3 && { fadeOutMs }),
    ...(soundtrack !== undefined && soundtrack !== 'video-only' && { soundtrack }),
    ...(crossfadeMs !== undefined && i > 0 && { crossfadeMs: Math.min(crossfadeMs, 80) }),
  }
}

/** Null where it is refused, and rightly told why. */
export async function clipsOf(inputs: readonly Played[], prober: Prober): Promise<Clip[] | null> {
  const asked = inputs.map(({ clip, ...rest }) => ({ uri: clip, ...rest }))
  const request = { ...(asked.length === 1 ? { input: asked[0]! } : { inputs: asked }), outputs: [] } as JobRequest
  const faults: { pointer: string }[] = []
  const normalized = normalizeInputs(request, faults as Parameters<typeof normalizeInputs>[1])
  if (faults.length > 0) {
    for (const { pointer } of faults) {
      const [, first, number, field] = /^\/(input|inputs)(?:\/(\d+))?(?:\/(\w+))?$/.exec(pointer) ?? []
      const said = first === 'input' ? asked[0] : number === undefined ? undefined : asked[Number(number)]
      ok(first !== undefined && (field === undefined || (said && field in said)), `${pointer} is not in the request`)
    }
    return null
  }
  const file = async (name: string) => {
    const inputPath = await makeClip(name as ClipName)
    return { inputPath, probe: await prober.probe(inputPath, { everyStream: true }) }
  }
  const clips: Clip[] = []
  for (const { uri, soundtrack, ...how } of normalized) {
    const sound = soundtrack === undefined ? {} : { soundtrack: await file(soundtrack) }
    clips.push({ ...how, ...(await file(uri)), ...sound, title: uri })
  }
  return clips
}
