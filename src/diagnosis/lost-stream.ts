/**
 * What ffmpeg says when it can't decode a stream at all, up to 6.x by `stream #0:1`, from 7.0 on by `[aist#0:1/ac4 @ …]` in
 * front of the line (fftools/ffmpeg_dec.c, ffmpeg_demux.c).
 */
const NAMED = [
  /(?:Decoder \([^)]*\) not found for|Error while opening decoder for|Failed to get decoder for|Decoding requested, but no decoder found for:?.*) ?input stream #0:(\d+)/,
  /\[[av]ist#0:(\d+)\/[^\]]*\] .*(?:no decoder found|Error (?:initializing|opening) (?:a )?decoder|Error while opening decoder|Decoder not found)/,
]

/** The stream of the input, by its index, that can't be decoded, if ffmpeg's log names one. `lines`: without level. */
export function undecodableStream(lines: readonly string[]): number | null {
  for (const line of lines) {
    for (const pattern of NAMED) {
      const index = pattern.exec(line)?.[1]
      if (index !== undefined) return Number(index)
    }
  }
  return null
}
