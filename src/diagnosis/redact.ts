/**
 * Takes out of a text what only the operator of a host may see: folders, of which only the last part of a path stays,
 * and of URLs user, password, query and fragment. `paths` are paths known to occur, such as ffmpeg's arguments, so that
 * one with spaces in it is found whole.
 */
export function redactText(text: string, paths: readonly string[] = []): string {
  let redacted = text
  for (const path of longestFirst(paths)) redacted = redacted.replaceAll(path, baseName(path))
  for (const folder of longestFirst(paths.map(folderOf))) redacted = redacted.replaceAll(folder, '')
  return redacted
    .replaceAll(/\b([a-z][a-z0-9+.-]{1,15}):\/\/[^\s'"]+/gi, (url) => bareUrl(url))
    .replaceAll(ABSOLUTE_PATH, (path) => baseName(path))
}

/** Whether an argument, with or without `file:`, is an absolute path. */
export function isAbsolutePath(argument: string): boolean {
  return /^(?:file:)?\/[^/]/.test(argument)
}

/** The last part of a path or URL. */
export function baseName(path: string): string {
  return (
    path
      .replace(/^file:/, '')
      .replace(/\/+$/, '')
      .split('/')
      .at(-1) || '/'
  )
}

// Two parts at least, and no letter, digit or bracket in front: `(iw/2)/2`, `30000/1001` and `0:v/2` are no paths.
const ABSOLUTE_PATH = /(?<![\w)\]/.])\/[^\s'"/:;,=\\]+(?:\/[^\s'"/:;,=\\]+)+\/?/g

function folderOf(path: string): string {
  return path.replace(/^file:/, '').replace(/[^/]*$/, '')
}

function longestFirst(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text.length > 1).sort((a, b) => b.length - a.length)
}

function bareUrl(url: string): string {
  const [, scheme, host, path] = /^([^:]+):\/\/(?:[^/?#@]*@)?([^/?#]*)([^?#]*)/.exec(url) ?? []
  return scheme === undefined ? url : `${scheme}://${host}${path}`
}
