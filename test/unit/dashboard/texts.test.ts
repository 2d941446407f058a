import { afterEach, expect, test } from 'vitest'
import { language } from '../../../src/dashboard/words/language.js'
import { words } from '../../../src/dashboard/words/texts.js'

afterEach(() => {
  language.value = 'en'
})

/** Every text of a language by its place; a text with gaps is its function. */
function leavesOf(value: unknown, place = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[place, value]])
  return new Map(Object.entries(value).flatMap(([name, each]) => [...leavesOf(each, `${place}/${name}`)]))
}

const inLanguage = (which: 'en' | 'ja') => {
  language.value = which
  return leavesOf(words.value)
}

test('both languages have the same texts, with the same gaps', () => {
  const kinds = (leaves: Map<string, unknown>) => [...leaves].map(([place, text]) => `${place} ${typeof text}`)
  expect(kinds(inLanguage('ja')).sort()).toEqual(kinds(inLanguage('en')).sort())
})

test('no text is empty, and none of the Japanese is English', () => {
  const en = inLanguage('en')
  // Names and units are the same everywhere.
  const same = [...inLanguage('ja')].flatMap(([place, text]) => (text === '' || text === en.get(place) ? place : []))
  expect(same).toEqual(['/framesASecond', '/facts/ffmpeg', '/facts/cpu', '/mediaRoot'])
  expect([...en.values()]).not.toContain('')
})
