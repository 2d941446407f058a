import type { FileAttacks } from './attack.js'
import { box, movie, u16, u32 } from './isobmff.js'

/** A title in the words of QuickTime, which every reader knows. */
const titled = (title: string) => {
  const text = Buffer.from(title)
  const data = Buffer.concat([u32(1, 0), text])
  const item = box('\u00a9nam', box('data', data))
  const handler = box('hdlr', u32(0, 0), Buffer.from('mdirappl'), u32(0, 0), u16(0))
  return movie({ more: box('udta', box('meta', u32(0), handler, box('ilst', item))) })
}

/** What a terminal would do: clear, retitle, write the clipboard, ask for its answer to be typed. */
export const ESCAPES = '\u001b[2J\u001b]0;owned\u0007\u001b]52;c;b3duZWQ=\u0007\u001b[6n\u009b31m\u0007\b'
export const MARKUP = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>"'><svg onload=window.owned=1>`

const attack = (name: string, file: string, title: string) => ({
  name,
  file,
  bytes: () => titled(title),
  ends: 'completed' as const,
})

/** Words in a file that are shown to people. */
export const METADATA: FileAttacks = {
  kind: 'Titles that are more than words',
  attacks: [
    attack('a title of escape sequences for terminals', 'escapes.mp4', `before${ESCAPES}after`),
    attack('a title of HTML and scripts', 'markup.mp4', MARKUP),
    attack(
      'a title of several lines that look like ones of a log',
      'lines.mp4',
      'x\n[fatal] all is lost\r\nprogress=end\nid: 1-0\n\ndata: {}',
    ),
    attack('a title of patterns (%s %n $HOME $() `)', 'patterns.mp4', '%s%n%x%d %05d $HOME $(id) `id` {{7*7}} \\u0000'),
    attack('a title that turns the direction of writing', 'bidi.mp4', 'invoice\u202egnp.exe\u2066\u200f\ufeff'),
    attack('a title of one megabyte', 'long.mp4', 'long '.repeat(200_000)),
    attack('a title of broken UTF-8 and NUL', 'nul.mp4', 'x\0y\ufffd\ud800z'),
    attack('a title that is JSON with __proto__', 'proto.mp4', '{"__proto__":{"owned":true}}'),
  ],
}
