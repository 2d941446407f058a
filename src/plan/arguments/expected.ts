/** What a command should make, as far as its options and the facts about its inputs tell. */
import {
  CONTAINERS,
  type Command,
  type CommandOutput,
  isShownForEver,
  lastOf,
  type Option,
} from '../../arguments/index.js'
import type { Probe, ProbeStream } from '../../contract/index.js'
import { isPicture } from '../../probe/formats.js'
import { graphLengths, type LengthUs, timeUs } from './lengths.js'

export type ExpectedOfOutput = {
  /** Null where it can't be known. */
  durationUs: number | null
  /** Whether an output that lasts otherwise is at fault; else it is for progress alone. */
  isSure: boolean
  frames: number | null
  streams: { video: number; audio: number }
}

type Source = { probe: Probe; options: Option[]; expectedUs: number | null }

export function expectedOf(
  output: CommandOutput,
  { command, sources, isFirst }: { command: Command; sources: readonly Source[]; isFirst: boolean },
): ExpectedOfOutput {
  const { options, container } = output
  const frames = countOf(lastOf(options, 'frames', 'vframes'))
  const selected = select(output, { command, sources, isFirst })
  const us = cut(options, together(selected.lengths, lastOf(options, 'shortest') !== undefined))
  const cannotTell =
    frames !== null || lastOf(options, 'fs') !== undefined || CONTAINERS[container]!.holds === 'picture'
  const durationUs = cannotTell || us === null || !Number.isFinite(us) ? null : us
  // A copy begins at a key frame, which may be seconds before the start that was asked for.
  const copies = options.some(({ name, value }) => /codec$|^c$/.test(name) && value === 'copy')
  const seeks = [options, ...command.inputs].some((list) => lastOf(list, 'ss', 'sseof', 'stream_loop') !== undefined)
  const isSure = selected.isSure && durationUs !== null && !(copies && seeks)
  return { durationUs, isSure, frames, streams: selected.streams }
}

/** Where an option says so, or the shorter of the two. */
function together(lengths: LengthUs[], shortest: boolean): LengthUs {
  const known = lengths.filter((each) => each !== null)
  if (known.length < lengths.length || known.length === 0) return null
  return shortest ? Math.min(...known) : Math.max(...known)
}

/** What `-ss`, `-t` and `-to` leave. Where the whole is not known, their limit is the best that is. */
function cut(options: readonly Option[], us: LengthUs): LengthUs {
  const from = timeUs(lastOf(options, 'ss')?.value) ?? 0
  const to = timeUs(lastOf(options, 'to')?.value)
  const limit = timeUs(lastOf(options, 't')?.value) ?? (to === null ? null : to - from)
  if (us === null) return limit
  return Math.max(0, Math.min(us - from, limit ?? Number.POSITIVE_INFINITY))
}

type Selected = { lengths: LengthUs[]; streams: { video: number; audio: number }; isSure: boolean }

function select(
  { options, container }: CommandOutput,
  { command, sources, isFirst }: { command: Command; sources: readonly Source[]; isFirst: boolean },
): Selected {
  const holds = CONTAINERS[container]!.holds
  const takes = { video: holds !== 'audio' && !lastOf(options, 'vn'), audio: isSound(holds) && !lastOf(options, 'an') }
  const parts: { type: 'video' | 'audio' | null; us: LengthUs }[] = []
  const over = command.filter === null ? null : graphOver(command, sources)
  const maps = options.filter(({ name }) => name === 'map').map(({ value }) => value!)
  if (maps.some((map) => map.startsWith('-')))
    return { lengths: [null], streams: { video: 0, audio: 0 }, isSure: false }
  for (const map of maps) {
    const label = /^\[(.*)\]$/.exec(map)?.[1]
    if (label !== undefined) parts.push({ type: null, us: over?.labels.get(label) ?? null })
    else
      parts.push(...streamsOf(map, sources).map(({ stream, us }) => ({ type: stream.type as 'video' | 'audio', us })))
  }
  if (maps.length === 0) {
    if (isFirst) parts.push(...(over?.open ?? []).map((us) => ({ type: null, us })))
    // Which kind a graph makes is not known here; what it does not make is chosen from the inputs.
    if (over === null) {
      for (const type of ['video', 'audio'] as const) {
        const found = sources.flatMap((_, i) => streamsOf(`${i}:${type === 'video' ? 'V' : 'a'}`, sources))[0]
        if (found && takes[type]) parts.push({ type, us: found.us })
      }
    }
  }
  const used = parts.filter(({ type }) => type === null || takes[type])
  const count = (type: 'video' | 'audio') => used.filter((part) => part.type === type).length
  const lengths = used.map(({ type, us }) => throughFilters(options, type, us))
  return { lengths, streams: { video: count('video'), audio: count('audio') }, isSure: over === null }
}

function isSound(holds: string): boolean {
  return holds === 'av' || holds === 'audio'
}

/** Through `-vf` or `-af`, where the stream is of that kind. */
function throughFilters(options: readonly Option[], type: 'video' | 'audio' | null, us: LengthUs): LengthUs {
  const kinds = { vf: 'video', af: 'audio' } as const
  const own = options.filter(({ name, stream, graph }) => {
    const of = name === 'filter' ? (/^a/.test(stream ?? '') ? 'audio' : 'video') : kinds[name as 'vf' | 'af']
    return graph !== null && (type === null || of === type)
  })
  return own.reduce<LengthUs>(
    (length, { graph }) =>
      graphLengths(
        graph!,
        () => null,
        () => [length],
      ).open[0] ?? null,
    us,
  )
}

function graphOver({ filter }: Command, sources: readonly Source[]) {
  const every = sources.map((source) => lengthOf(source, null))
  const ofSource = (specifier: string) =>
    together(
      streamsOf(specifier, sources).map(({ us }) => us),
      false,
    )
  // Without labels, filters take the streams of the inputs in their order.
  return graphLengths(filter!, ofSource, ({ name }) => (name === 'concat' ? every : every.slice(0, 1)))
}

/** The pictures and sounds that a specifier such as `0`, `0:v` or `1:a:0` names. */
function streamsOf(specifier: string, sources: readonly Source[]): { stream: ProbeStream; us: LengthUs }[] {
  const [input = '', kind, place] = specifier.replace(/\?$/, '').split(':')
  const source = sources[Number(input)]
  if (source === undefined) return []
  const media = source.probe.streams.filter(({ type }) => type === 'video' || type === 'audio')
  const type = kind === 'a' ? 'audio' : kind === 'v' || kind === 'V' ? 'video' : null
  const ofKind = media.filter((stream) => {
    if (kind === undefined) return true
    if (/^\d+$/.test(kind)) return stream.index === Number(kind)
    return stream.type === type && !(kind === 'V' && stream.attachedPicture)
  })
  const chosen = place === undefined ? ofKind : ofKind.slice(Number(place), Number(place) + 1)
  return chosen
    .filter((stream) => !lastOf(source.options, stream.type === 'video' ? 'vn' : 'an'))
    .map((stream) => ({ stream, us: stream.attachedPicture ? 0 : lengthOf(source, stream) }))
}

/** How long a stream of an input, or all of it, is read. */
function lengthOf({ probe, options, expectedUs }: Source, stream: ProbeStream | null): LengthUs {
  if (lastOf(options, 'itsscale', 'r', 'itsoffset')) return null
  const of = stream?.durationUs == null ? probe.durationUs : (stream.startUs ?? 0) + stream.durationUs
  const whole = isPicture(probe.container) ? 0 : (expectedUs ?? of)
  return cut(options, repeated(options, atEnd(options, whole)))
}

function atEnd(options: readonly Option[], us: LengthUs): LengthUs {
  const fromEnd = timeUs(lastOf(options, 'sseof')?.value)
  return fromEnd === null || us === null ? us : Math.min(us, -fromEnd)
}

function repeated(options: readonly Option[], us: LengthUs): LengthUs {
  if (isShownForEver(options)) return Number.POSITIVE_INFINITY
  const times = Number(lastOf(options, 'stream_loop')?.value ?? 0)
  if (times < 0) return Number.POSITIVE_INFINITY
  return us === null ? null : us * (times + 1)
}

function countOf(option: Option | undefined): number | null {
  const count = Number(option?.value ?? Number.NaN)
  return Number.isInteger(count) && count > 0 ? count : null
}
