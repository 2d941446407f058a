import type { DryRun, JobPlan, Probe, ProbeStream } from '../../contract/index.js'
import { count, formatBytes, formatClock, formatSpan } from './figures.js'
import { forecastWords } from './forecast-words.js'
import { inOptions } from './option-words.js'
import { streamWords } from './stream-words.js'

type Row = [name: string, value: string]

/** What a dry run says, as rows of `facts`: the input, the outputs, the passes, and how it would end. */
export function dryRunRows({ job, worker, plan, refusal, forecast, warnings }: DryRun, nowMs: number): Row[] {
  const probe = plan?.probe ?? null
  return [
    ...inputRows(job.input, probe),
    ...(job.inputs ?? []).slice(1).map(({ uri }): Row => ['then', uri]),
    ...job.outputs.flatMap((output): Row[] => {
      const planned = plan?.outputs.find(({ name }) => name === output.name) ?? null
      const told = warnings.filter((each) => each.output === output.name)
      return [['output', outputWords(output, planned)], ...told.map(({ detail }): Row => ['', detail])]
    }),
    ...(plan?.passes ?? []).map((pass): Row => ['pass', passWords(pass)]),
    ...(forecast === null ? [] : [['forecast', forecastWords(forecast, nowMs)] satisfies Row]),
    ...(worker === null ? [] : [['worker', worker] satisfies Row]),
    ...warnings.filter(({ output }) => output === null).map(({ detail }): Row => ['unknown', detail]),
    ...(refusal === null
      ? [['result', `${probe === null ? 'accepted' : 'it would run'}; nothing was sent`] satisfies Row]
      : refusalRows(refusal)),
  ]
}

export function refusalRows({ title, code, detail, hint }: NonNullable<DryRun['refusal']>): Row[] {
  return [
    ['result', `it would fail: ${title} (${code})`],
    ['', inOptions(detail)],
    ['', inOptions(hint)],
  ]
}

function inputRows({ uri, startMs, endMs }: DryRun['job']['input'], probe: Probe | null): Row[] {
  const facts = probe && [probe.container, formatSpan(ms(probe.durationUs)), formatBytes(probe.bytes)].join(', ')
  const isPart = startMs !== null || endMs !== null
  return [
    ['input', facts === null ? uri : `${uri}: ${facts}`],
    ...(probe?.streams ?? []).map((stream): Row => ['', streamLine(stream)]),
    ...(isPart
      ? [['part', `${formatClock(startMs ?? 0)} to ${endMs === null ? 'its end' : formatClock(endMs)}`] satisfies Row]
      : []),
  ]
}

function streamLine(stream: ProbeStream): string {
  const kind = stream.attachedPicture ? 'picture' : stream.type
  return [`${kind} ${stream.codec ?? '?'}`, streamWords(stream), stream.language].filter(Boolean).join(', ')
}

function outputWords(
  { name, preset, path, mediaType }: DryRun['job']['outputs'][number],
  planned: JobPlan['outputs'][number] | null,
): string {
  const parts = [
    ...(preset === name ? [] : [preset]),
    mediaType,
    ...(path === null ? [] : [`to ${path}`]),
    ...(planned?.durationUs == null ? [] : [formatSpan(ms(planned.durationUs))]),
    ...(planned?.expectedBytes == null ? [] : [`about ${formatBytes(planned.expectedBytes)}`]),
  ]
  return `${name}: ${parts.join(', ')}`
}

export function passWords({ label, outputs, expected: { durationUs, frames } }: JobPlan['passes'][number]): string {
  const parts = [
    ...(durationUs === null ? [] : [formatSpan(ms(durationUs))]),
    ...(frames === null ? [] : [count(frames, 'frame')]),
    outputs.join(' and '),
  ]
  return `${label}: ${parts.join(', ')}`
}

function ms(us: number | null): number | null {
  return us === null ? null : us / 1_000
}
