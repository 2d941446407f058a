import { effect, signal } from '@preact/signals'

export const LANGUAGES = { en: 'English', ja: '日本語' } as const
export type Language = keyof typeof LANGUAGES

/** Tests read the words without a browser. */
const inBrowser = typeof document !== 'undefined'
const KEPT = 'ffleet.language'

/** Chosen here before, else the first that the browser asks for and the page has. */
export const language = signal<Language>(inBrowser ? chosen() : 'en')

function chosen(): Language {
  const known = (text: string | null | undefined): text is Language => text != null && text in LANGUAGES
  const kept = localStorage.getItem(KEPT)
  if (known(kept)) return kept
  return navigator.languages.map((each) => each.slice(0, 2)).find(known) ?? 'en'
}

export function chooseLanguage(next: Language): void {
  localStorage.setItem(KEPT, next)
  language.value = next
}

effect(() => {
  if (inBrowser) document.documentElement.lang = language.value
})
