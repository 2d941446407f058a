import pico from 'picocolors'

type Colors = ReturnType<typeof pico.createColors>

const COLOURS: Record<string, keyof Colors> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'blue',
  trace: 'gray',
}

export type LineFormat = {
  /** Default: none. */
  colors?: boolean
  /** The stack of every error; default: only of those that say of no fault of the system or of a person. */
  stacks?: boolean
}

/**
 * A log line for people: `12:30:01 warn  worker  lock was lost  job=01J… attempt=2`. An error is what it says, and its
 * stack on the lines after it where somebody has to look into the program. What is no JSON goes through as it is.
 */
export function formatLine(json: string, { colors = false, stacks = false }: LineFormat = {}): string {
  const line = lineOf(json)
  if (line === null) return json
  const paint = pico.createColors(colors)
  const { time, level, pid: _, part, msg, err, ...rest } = line
  const name = String(level ?? 'info')
  const fields = Object.entries(rest).map(([key, value]) => paint.dim(`${key}=${inline(value)}`))
  const error = err as { type?: string; message?: string; stack?: string; code?: unknown } | undefined
  const [text, reason] = [msg, error?.message].map((each) => (each ? oneLine(String(each)) : ''))
  const head = [
    paint.dim(String(time ?? '').slice(11, 19)),
    (paint[COLOURS[name] ?? 'reset'] as (text: string) => string)(name.padEnd(5)),
    ...(part ? [paint.cyan(String(part))] : []),
    [text, reason === text ? '' : reason].filter(Boolean).join(': '),
    ...fields,
  ].join(' ')
  const isForeseen = typeof error?.code === 'string' || FORESEEN.has(error?.type ?? '')
  const stack = stacks || !isForeseen ? error?.stack?.split('\n').slice(1) : undefined
  return `${[head, ...(stack ?? []).map((each) => paint.dim(oneLine(each)))].join('\n')}\n`
}

/** Errors that are for whoever runs ffleet, by their names. */
const FORESEEN = new Set(['CommandError', 'UsageError', 'ConfigError', 'FolderInUseError', 'PresetFaultsError'])

/** Null for what is no line of a log. */
function lineOf(json: string): Record<string, unknown> | null {
  try {
    const line: unknown = JSON.parse(json)
    return typeof line === 'object' && line !== null && 'level' in line ? (line as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function inline(value: unknown): string {
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Keeps line breaks and escape sequences of logged text off the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (char) => JSON.stringify(char).slice(1, -1))
}
