import pico from 'picocolors'

export type Paint = (text: string) => string

/** How things look on one output: colours, and the characters of the bars. */
export type Style = {
  bold: Paint
  dim: Paint
  good: Paint
  bad: Paint
  warn: Paint
  accent: Paint
  /** Characters beyond ASCII can be shown. */
  unicode: boolean
}

/** Whether a stream is a terminal on which lines can be redrawn. */
export function isLive(stream: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb'
}

/** Colour only on a terminal, and not where NO_COLOR is set (no-color.org). */
export function isColored(stream: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): boolean {
  return isLive(stream, env) && !env.NO_COLOR
}

/** Colour where there may be some; bars in ASCII where the locale is not UTF-8. */
export function styleOf(stream: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv): Style {
  const colors = pico.createColors(isColored(stream, env))
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return {
    bold: colors.bold,
    dim: colors.dim,
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    accent: colors.cyan,
    unicode: /utf-?8/i.test(locale) || process.platform === 'darwin',
  }
}

/** No colour, for tests and files. */
export function plainStyle(unicode = true): Style {
  const same: Paint = (text) => text
  return { bold: same, dim: same, good: same, bad: same, warn: same, accent: same, unicode }
}
