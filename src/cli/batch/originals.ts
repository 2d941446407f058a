/** The files that a batch is about. */
import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { normalize, resolve } from 'node:path'
import { Minimatch } from 'minimatch'
import { findInputs, type InputFile, type Skipped } from '../request/inputs.js'

/** By what a file is known again. Numbers of files do not outlive every mount. */
export type Mark = { bytes: number; modifiedMs: number }

export type Original = InputFile & {
  mark: Mark
  /** How many names the file has; more than one with hard links. */
  names: number
  /** Whether it was found under a symbolic link. */
  isLink: boolean
}

/** Null where nothing is there. */
export async function markOf(path: string): Promise<Mark | null> {
  const facts = await lstat(path).catch(() => null)
  return facts && markFrom(facts)
}

export function markFrom({ size, mtimeMs }: Pick<Stats, 'size' | 'mtimeMs'>): Mark {
  return { bytes: size, modifiedMs: Math.round(mtimeMs) }
}

export function isSame(a: Mark | null, b: Mark | null): boolean {
  return a !== null && b !== null && a.bytes === b.bytes && a.modifiedMs === b.modifiedMs
}

/**
 * Files, folders and patterns such as `movies/*.avi`, relative to `within`; names with a dot in front are left out. `unmatched`:
 * a sentence for each word that matches no media.
 *
 * @throws CommandError INPUT_NOT_FOUND for a file or folder that is not there.
 */
export async function findOriginals(
  words: readonly string[],
  within = process.cwd(),
): Promise<{ originals: Original[]; skipped: Skipped[]; unmatched: string[] }> {
  const inputs = new Map<string, InputFile>()
  const skipped = new Map<string, Skipped>()
  const unmatched: string[] = []
  for (const word of words) {
    const found = await findWord(word, within)
    if (found.inputs.length === 0) {
      const seen = found.skipped.length === 0 ? '' : `; ${found.skipped[0]!.input}: ${found.skipped[0]!.reason}`
      unmatched.push(`No media matches ${word}${seen}.`)
    }
    for (const input of found.inputs) inputs.set(input.path, input)
    for (const each of found.skipped) skipped.set(each.input, each)
  }
  const originals = await Promise.all([...inputs.values()].map((input) => lookAt(input, within)))
  return { originals, skipped: [...skipped.values()], unmatched }
}

async function findWord(word: string, within: string): ReturnType<typeof findInputs> {
  const pattern = new Minimatch(normalize(word))
  const isThere = await lstat(resolve(within, word)).catch(() => null)
  if (isThere !== null || !pattern.hasMagic()) return findInputs([word], within)
  const { inputs, skipped } = await findInputs([baseOf(word)], within)
  return {
    inputs: inputs.filter(({ shown }) => pattern.match(shown)),
    // What nobody would call media is not worth a word where a pattern takes in everything.
    skipped: skipped.filter(({ input, reason }) => pattern.match(input) && reason !== 'no media'),
  }
}

/** The folder in front of the first name that is a pattern. */
function baseOf(word: string): string {
  const names = word.split('/')
  const first = names.findIndex((name) => new Minimatch(name).hasMagic())
  const base = names.slice(0, first).join('/')
  return base === '' ? (word.startsWith('/') ? '/' : '.') : base
}

async function lookAt(input: InputFile, within: string): Promise<Original> {
  const [facts, found] = await Promise.all([lstat(input.path), lstat(resolve(within, input.shown))])
  return { ...input, mark: markFrom(facts), names: facts.nlink, isLink: found.isSymbolicLink() }
}
