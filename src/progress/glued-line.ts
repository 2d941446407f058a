/** What every block holds after its frame and quantizer lines, in this order, in every version. */
const TAIL_KEYS = [
  'bitrate',
  'total_size',
  'out_time_us',
  'out_time_ms',
  'out_time',
  'dup_frames',
  'drop_frames',
  'speed',
  'progress',
]
const STREAM_KEY_START =
  /^(?:s|st|str|stre|strea|stream|stream_|stream_\d+|stream_\d+_|stream_\d+_\d+|stream_\d+_\d+_[a-z_]*)$/

/**
 * ffmpeg builds a block in a buffer of about 1,000 bytes and writes what fits, so a block of some 45 video outputs loses
 * its end anywhere, and the next one, which then always begins with `frame=`, is glued on: `speed= 1frame=25`. Gives the
 * two halves where that is the only reading of the line, else null. `previousKey` is the key of the line before it in
 * the same block; without one nothing can have been cut.
 */
export function splitGluedLine(line: string, previousKey: string | null): { cut: string; next: string } | null {
  const at = line.lastIndexOf('frame=')
  if (at < 1 || previousKey === null || !/^frame= *\d+$/.test(line.slice(at))) return null
  const halves = { cut: line.slice(0, at), next: line.slice(at) }
  // Cut inside a value, which never holds `frame=` itself.
  if (/^[a-z0-9_]+=[^=]*$/.test(halves.cut)) return halves
  // Cut inside a key: only what may follow the line before, for a key such as `checkpoint_frame` is whole.
  return mayFollow(previousKey, halves.cut) ? halves : null
}

function mayFollow(previousKey: string, keyStart: string): boolean {
  const inTail = TAIL_KEYS.indexOf(previousKey)
  if (inTail === -1) return 'bitrate'.startsWith(keyStart) || STREAM_KEY_START.test(keyStart)
  return TAIL_KEYS[inTail + 1]?.startsWith(keyStart) ?? false
}
