/** Languages as players want them, and what people call them. */

/** The shortest tag of BCP 47 for a code of ISO 639-2, such as `de` for `deu` and `ger`; null: it says nothing. */
export function languageTag(code: string | null): string | null {
  if (code === null || code === 'und') return null
  try {
    return Intl.getCanonicalLocales(BIBLIOGRAPHIC.get(code) ?? code)[0] ?? null
  } catch {
    return null
  }
}

/** What a list of languages calls it, in English. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames('en', { type: 'language' }).of(tag) ?? tag
}

/** The other names that some languages have in ISO 639-2 (B), by which BCP 47 does not know them. */
const BIBLIOGRAPHIC = new Map(
  (
    'alb:sq arm:hy baq:eu bur:my chi:zh cze:cs dut:nl fre:fr geo:ka ger:de gre:el ice:is mac:mk mao:mi may:ms per:fa rum:ro ' +
    'slo:sk tib:bo wel:cy'
  )
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
)
