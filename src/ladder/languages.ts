/** Languages as players want them, and what people call them. */

/** The shortest tag of BCP 47 for a code of ISO 639-2, such as `de` for `deu` and `ger`; null: it says nothing. */
export function languageTag(code: string | null): string | null {
  if (code === null || code === 'und') return null
  try {
    return Intl.getCanonicalLocales(code)[0] ?? null
  } catch {
    return null
  }
}

/** What a list of languages calls it, in English. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames('en', { type: 'language' }).of(tag) ?? tag
}
