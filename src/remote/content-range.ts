/** What an answer with a part of a file says of that part, over HTTP and of S3 alike. */

/** `bytes 0-99/1234`; null for anything else, also where the whole is not told: then its parts say nothing. */
export function rangeOf(text: string | null | undefined): { from: number; to: number; bytes: number } | null {
  const [, from = '', last = '', bytes = ''] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(text ?? '') ?? []
  const range = { from: Number(from), to: Number(last) + 1, bytes: Number(bytes) }
  return from !== '' && range.from < range.to && range.to <= range.bytes ? range : null
}
