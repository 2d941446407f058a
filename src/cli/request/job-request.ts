import type { JobRequest } from '../../contract/index.js'
import { ON_EXISTS, type OnExists } from '../../contract/job.js'
import { RANGE_OPTIONS } from './arguments.js'
import { type OutputChoice, outputNames, RECIPE_OPTIONS } from './outputs.js'
import { PLAY_OPTIONS, type playOf } from './play.js'

/** The options of every command that describes a job for a server. */
export const JOB_OPTIONS = {
  'on-exists': {
    type: 'enum',
    options: [...ON_EXISTS] as OnExists[],
    description: 'When something is at the path already; default fail',
  },
  ...RECIPE_OPTIONS,
  ...RANGE_OPTIONS,
  ...PLAY_OPTIONS,
  priority: { type: 'string', valueHint: 'N', description: '0 to 100, higher runs first' },
  'max-attempts': { type: 'string', valueHint: 'N', description: '1 to 10, default 3' },
  timeout: { type: 'string', valueHint: 'SECONDS', description: 'Limit on one attempt' },
} as const

/** What a command line says of a job beside its input and outputs; undefined where it says nothing. */
export type JobSettings = {
  startMs?: number | undefined
  endMs?: number | undefined
  expectedDurationMs?: number | undefined
  /** How each input is played. */
  play?: ReturnType<typeof playOf>
  /** Of every output. */
  onExists?: OnExists | undefined
  priority?: number | undefined
  maxAttempts?: number | undefined
  timeoutMs?: number | undefined
  delayMs?: number | undefined
  after?: string[] | undefined
  tags?: Record<string, string>
  webhook?: JobRequest['webhook'] | undefined
}

/**
 * The request that a command line describes; what it does not mention is left to the server's defaults. Several inputs are played one
 * after another.
 */
export function jobRequest(
  played: string | readonly string[],
  choices: readonly OutputChoice[],
  settings: JobSettings = {},
): JobRequest {
  const { startMs, endMs, expectedDurationMs, play, onExists, tags = {}, ...rest } = settings
  const names = outputNames(choices)
  const part = given({ startMs, endMs, expectedDurationMs, ...play })
  const input = (uri: string, i = 0) => {
    // There is none before the first that it could fade in over.
    const { crossfadeMs, ...own } = part
    const asked = i === 0 && typeof played !== 'string' ? own : part
    return Object.keys(asked).length === 0 ? uri : { uri, ...asked }
  }
  return {
    ...(typeof played === 'string' ? { input: input(played) } : { inputs: played.map(input) }),
    outputs: choices.map(({ path, preset, overrides }, i) => {
      return { preset, name: names[i]!, ...(path === null ? {} : { path }), ...given({ onExists }), ...overrides }
    }),
    ...given(rest),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  }
}

function given<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never
}
