/** Text for terminals: made harmless, measured and cut in columns. */

// Control characters could move the cursor or retitle the window; bidi overrides could make a name read as another.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const ZERO = /^(?:\p{Mn}|\p{Me}|[\u200b-\u200f])$/u

/** File names, tags and log lines come from strangers: what a terminal would act on is shown as `�`, a tab as a space. */
export function printable(text: string): string {
  return text.replaceAll('\t', ' ').replace(UNPRINTABLE, '\ufffd')
}

/** What colours a text. */
const PAINT = /\u001b\[[0-9;]*m/g

/** Columns a text takes on a terminal; colours take none. */
export function displayWidth(text: string): number {
  let width = 0
  for (const char of text.replaceAll(PAINT, '')) width += ZERO.test(char) ? 0 : WIDE.test(char) ? 2 : 1
  return width
}

/** The text cut to at most so many columns, with `…` for what is gone from its end. */
export function shorten(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let kept = ''
  let width = 1
  for (const char of text) {
    width += displayWidth(char)
    if (width > columns) break
    kept += char
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`
}

/**
 * The text in lines of at most so many columns, broken between words. A word that is longer stays whole on a line of its
 * own, so that an id, a path or an address can be copied; `anywhere`: it is broken too, behind a slash where there is one.
 */
export function wrap(text: string, columns: number, { anywhere = false } = {}): string[] {
  const room = Math.max(1, columns)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((word) => (anywhere ? pieces(word, room) : [word]))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (displayWidth(longer) <= room) line = longer
    else {
      if (line !== '') lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

function pieces(word: string, columns: number): string[] {
  if (displayWidth(word) <= columns) return [word]
  let head = ''
  for (const char of word) {
    if (displayWidth(head + char) > columns && head !== '') break
    head += char
  }
  const slash = head.lastIndexOf('/') + 1
  const at = slash > 0 ? slash : head.length
  return [word.slice(0, at), ...pieces(word.slice(at), columns)]
}

/** Each line of the text wrapped, what goes on below as far in as the line begins, and `hang` more. */
export function wrapLines(text: string, columns: number, hang = 0): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const indent = /^ */.exec(line)![0].length
      const [first = '', ...more] = wrap(line.slice(indent), columns - indent - hang)
      return [' '.repeat(indent) + first, ...more.map((part) => ' '.repeat(indent + hang) + part)]
    })
    .join('\n')
}

/** Filled up with spaces to so many columns; longer text is left as it is. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text
}
