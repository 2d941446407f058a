import pc from 'picocolors'

const COLOURS: Record<string, (text: string) => string> = {
  fatal: pc.red,
  error: pc.red,
  warn: pc.yellow,
  info: pc.green,
  debug: pc.blue,
  trace: pc.gray,
}

/**
 * A log line for people: `12:30:01 warn  worker  lock was lost  job=01J… attempt=2`, an error's stack on the lines after
 * it. What is no JSON goes through as it is.
 */
export function formatLine(json: string): string {
  let line: Record<string, unknown>
  try {
    line = JSON.parse(json)
  } catch {
    return json
  }
  const { time, level, pid: _, part, msg, err, ...rest } = line
  const name = String(level ?? 'info')
  const fields = Object.entries(rest).map(([key, value]) => pc.dim(`${key}=${inline(value)}`))
  const head = [
    pc.dim(String(time ?? '').slice(11, 19)),
    (COLOURS[name] ?? String)(name.padEnd(5)),
    ...(part ? [pc.cyan(String(part))] : []),
    ...(msg ? [oneLine(String(msg))] : []),
    ...fields,
  ].join(' ')
  const stack = (err as { stack?: string } | undefined)?.stack
  const tail = stack?.split('\n').map((text) => pc.dim(oneLine(text))) ?? []
  return `${[head, ...tail].join('\n')}\n`
}

function inline(value: unknown): string {
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Keeps line breaks and escape sequences of logged text off the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (char) => JSON.stringify(char).slice(1, -1))
}
