/** Output paths of watch folders and batches: what stands in braces is of the input. */
import { posix } from 'node:path'

const PLACEHOLDERS = ['folder', 'name', 'ext', 'preset', 'date'] as const
type Placeholder = (typeof PLACEHOLDERS)[number]
const BRACES = /\{([^{}]*)\}/g

/** What stands in a template and is no placeholder. */
export function unknownPlaceholders(template: string): string[] {
  return [...template.matchAll(BRACES)].map(([, word]) => word!).filter((word) => !isPlaceholder(word))
}

/** For messages. */
export const PLACEHOLDER_WORDS = PLACEHOLDERS.map((word) => `{${word}}`).join(', ')

/** Where an output goes whose rule does not say it: beside its input, as it stands in the media root. */
export function defaultTemplate(outputs: number, extension: string): string {
  return `{folder}/{name}${outputs > 1 ? '-{preset}' : ''}${extension === '' ? '' : '.{ext}'}`
}

/**
 * The path of an output, relative to the output root. `{folder}` and `{name}` are those of the input, in the media root and without
 * its extension; `{ext}` and `{preset}` of what is made; `{date}` is the day on which the input was changed last, of UTC, so that
 * asked again for the same file it is the same.
 */
export function fillTemplate(
  template: string,
  { input, modifiedMs, preset, extension }: { input: string; modifiedMs: number; preset: string; extension: string },
): string {
  const { dir, name } = posix.parse(input)
  const words: Record<Placeholder, string> = {
    folder: dir,
    name,
    ext: extension,
    preset,
    date: new Date(modifiedMs).toISOString().slice(0, 10),
  }
  const filled = template.replace(BRACES, (whole, word: string) => (isPlaceholder(word) ? words[word] : whole))
  return posix.normalize(filled).replace(/^\/+/, '')
}

function isPlaceholder(word: string): word is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(word)
}
