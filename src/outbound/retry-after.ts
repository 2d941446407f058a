/** What a `Retry-After` header asks for, in ms from now (RFC 9110: seconds, or a date); null: nothing that can be understood. */
export function retryAfterMs(header: string | null | undefined, nowMs = Date.now()): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const at = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}
