import type { JobRequest, OnExists } from '../../contract/index.js'
import { type OutputChoice, outputNames } from './outputs.js'

type JobSettings = {
  /** Of every output. */
  onExists?: OnExists | undefined
  startMs?: number | undefined
  endMs?: number | undefined
  priority?: number | undefined
  maxAttempts?: number | undefined
  timeoutMs?: number | undefined
  delayMs?: number | undefined
  tags?: Record<string, string>
}

/** The request that a command line describes; what it does not mention is left to the server's defaults. */
export function jobRequest(uri: string, choices: readonly OutputChoice[], settings: JobSettings = {}): JobRequest {
  const { startMs, endMs, onExists, tags = {}, ...rest } = settings
  const names = outputNames(choices)
  const told = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const range = { ...(startMs === undefined ? {} : { startMs }), ...(endMs === undefined ? {} : { endMs }) }
  return {
    input: Object.keys(range).length === 0 ? uri : { uri, ...range },
    outputs: choices.map(({ path, preset }, i) => ({
      preset,
      name: names[i]!,
      ...(path === null ? {} : { path }),
      ...(onExists === undefined ? {} : { onExists }),
    })),
    ...told,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  }
}
