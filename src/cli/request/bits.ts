/** `800k` and `2.5M` as ffmpeg has them: a thousand and a million. NaN for what is no such number. */
export function bitsOf(text: string): number {
  const read = /^(\d{1,9}(?:\.\d{1,6})?)([kKmM]?)$/.exec(text)
  if (!read) return Number.NaN
  const unit = { k: 1_000, m: 1_000_000 }[read[2]!.toLowerCase()] ?? 1
  return Math.round(Number(read[1]) * unit * 1_000) / 1_000
}
